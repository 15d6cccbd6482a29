"""What AWS calls: ``lambda_handler`` runs the scheduled sync, ``api_handler`` answers the HTTP API, ``pager_handler`` pages.

Each is loaded when it is first asked for, so that no function loads what only another needs.
"""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

# In a checkout the package is in src; in what ships it lies beside this file.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

# As for the command line: what is made while starting stays, and there are no plug-ins of pydantic to look for.
gc.set_threshold(100_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")

if TYPE_CHECKING:
    from tocsin.entrypoints.lambda_api import api_handler
    from tocsin.entrypoints.lambda_pager import pager_handler
    from tocsin.entrypoints.lambda_sync import lambda_handler

__all__ = ["api_handler", "lambda_handler", "pager_handler"]

_MODULES = {
    "lambda_handler": "tocsin.entrypoints.lambda_sync",
    "api_handler": "tocsin.entrypoints.lambda_api",
    "pager_handler": "tocsin.entrypoints.lambda_pager",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"there is no handler {name}"
        raise AttributeError(message)
    # Looking for garbage among what is loaded takes longer than some of the loading; it stays, and is looked at no more.
    gc.disable()
    try:
        return getattr(import_module(_MODULES[name]), name)
    finally:
        gc.freeze()
        gc.enable()
