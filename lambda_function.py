"""What AWS calls: ``lambda_function.lambda_handler`` runs the scheduled sync."""

import gc
import os
import sys
from pathlib import Path

# In a checkout the package is in src; in what ships it lies beside this file.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

# As for the command line: what is made while starting stays, and there are no plug-ins of pydantic to look for.
gc.set_threshold(100_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

from tocsin.entrypoints.lambda_sync import lambda_handler

__all__ = ["lambda_handler"]
