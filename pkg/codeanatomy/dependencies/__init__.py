"""Files that say what a repository depends on and what is installed for it: found and read, and never parsed, by the parent."""

from codeanatomy.dependencies.interfaces import provide_interfaces
from codeanatomy.dependencies.supply import provide_dependencies

__all__ = ["provide_dependencies", "provide_interfaces"]
