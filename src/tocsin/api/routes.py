"""Everything that is served, in the order of the documents."""

from .documents import documents
from .endpoints import Declared
from .health import health

ROUTES: tuple[Declared, ...] = tuple(one for resource in (health, documents) for one in resource.declared)
