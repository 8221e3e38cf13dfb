"""Which distribution brings a module: by what is installed, else by what is declared. It knows names, and nothing of how they were found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

Row = Mapping[str, object]

IMPORTED_AS: dict[str, tuple[str, ...]] = {
    "MySQLdb": ("mysqlclient",),
    "OpenGL": ("pyopengl",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "Crypto": ("pycryptodome", "pycrypto"),
    "Cryptodome": ("pycryptodomex",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "Xlib": ("python-xlib",),
    "_pytest": ("pytest",),
    "allauth": ("django-allauth",),
    "airflow": ("apache-airflow",),
    "argon2": ("argon2-cffi",),
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cairo": ("pycairo",),
    "corsheaders": ("django-cors-headers",),
    "crispy_forms": ("django-crispy-forms",),
    "cv2": ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "dateutil": ("python-dateutil",),
    "debug_toolbar": ("django-debug-toolbar",),
    "decouple": ("python-decouple",),
    "discord": ("discord-py",),
    "dns": ("dnspython",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "elftools": ("pyelftools",),
    "engineio": ("python-engineio",),
    "environ": ("django-environ",),
    "faiss": ("faiss-cpu", "faiss-gpu"),
    "fitz": ("pymupdf",),
    "gi": ("pygobject",),
    "git": ("gitpython",),
    "github": ("pygithub",),
    "gitlab": ("python-gitlab",),
    "google.protobuf": ("protobuf",),
    "googleapiclient": ("google-api-python-client",),
    "grpc": ("grpcio",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "kafka": ("kafka-python", "kafka-python-ng"),
    "ldap": ("python-ldap",),
    "magic": ("python-magic",),
    "memcache": ("python-memcached",),
    "mpl_toolkits": ("matplotlib",),
    "multipart": ("python-multipart",),
    "nacl": ("pynacl",),
    "osgeo": ("gdal",),
    "pkg_resources": ("setuptools",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "pylab": ("matplotlib",),
    "pythonjsonlogger": ("python-json-logger",),
    "pywintypes": ("pywin32",),
    "rest_framework": ("djangorestframework",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slugify": ("python-slugify", "unicode-slugify"),
    "snappy": ("python-snappy",),
    "socketio": ("python-socketio",),
    "socks": ("pysocks",),
    "telegram": ("python-telegram-bot",),
    "umap": ("umap-learn",),
    "usb": ("pyusb",),
    "websocket": ("websocket-client",),
    "win32api": ("pywin32",),
    "win32com": ("pywin32",),
    "win32con": ("pywin32",),
    "wx": ("wxpython",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
"""Modules that are not called like their distribution, as the distributions' own pages on the package index say; they count only where the
repository declares one of them and nothing installed tells. The most common; a wrong guess is worse than none."""

_KINDS = ("runtime", "extra", "requirement", "group", "build", "constraint", "lock")
"""Which declaration of a distribution is told, if there are several."""


@dataclass(slots=True)
class Declared:
    """What the repository's files say of one distribution."""

    specifier: str | None
    path: str
    line: int | None
    versions: dict[str, set[str]] = field(default_factory=dict)
    """The versions that each file locks or pins, in the order in which files are trusted."""

    @property
    def locked(self) -> tuple[str | None, str | None]:
        """The version, and the file that says it: none where that file names several, for different systems."""
        for path, versions in self.versions.items():
            return (next(iter(versions)), path) if len(versions) == 1 else (None, None)
        return None, None


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution in an environment."""

    name: str
    version: str
    environment: str


PARTS = 64
"""So many parts of a dotted name are looked for: nobody packs deeper, and all beginnings of a longer one take memory with its square."""


class Distributions:
    """Everything installed and declared."""

    def __init__(self, installed: Iterable[Row], declared: Iterable[Row]) -> None:
        """Both are rows of the table of that name."""
        self.declared = _declared(declared)
        self._bringers: dict[str, Installed] = {}
        self._shared: set[str] = set()
        for row in sorted(installed, key=lambda row: (row["name"] not in self.declared, str(row["name"]), str(row["path"]))):
            found = Installed(str(row["name"]), str(row["version"]), str(row["environment"]))
            for module in _texts(row["modules"]):
                self._bringers.setdefault(module, found)
                self._shared.update(_prefixes(module)[1:])
        self._shared -= self._bringers.keys()

    def is_shared(self, module: str) -> bool:
        """Whether it is a namespace that installed distributions have a part in."""
        return module in self._shared

    def bringer(self, module: str) -> Installed | None:
        """The installed distribution whose package holds the module; of several the declared one, then the first by name."""
        return next((self._bringers[prefix] for prefix in _prefixes(module) if prefix in self._bringers), None)

    def namesake(self, module: str) -> str | None:
        """The declared distribution that is called like the module or what it is in, or known to bring it."""
        for prefix in _prefixes(module):
            for name in (*IMPORTED_AS.get(prefix, ()), canonicalize_name(prefix)):
                if name in self.declared:
                    return name
        return None


def _prefixes(module: str) -> list[str]:
    """`a.b.c`, `a.b`, `a`; of a name of more than `PARTS` parts, the first of them."""
    parts = module.split(".", PARTS)[:PARTS]
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _declared(rows: Iterable[Row]) -> dict[str, Declared]:
    """Distributions by name; what is limited and not asked for is none."""
    found: dict[str, Declared] = {}
    for row in sorted((row for row in rows if row["name"]), key=_trust):
        line = row["line"]
        declared = Declared(_text(row["specifier"]), str(row["path"]), line if isinstance(line, int) else None)
        found.setdefault(str(row["name"]), declared)
    pinned = [row for row in rows if row["name"] and row["version"]]
    for row in sorted(pinned, key=lambda row: (row["kind"] != "lock", *_trust(row)[1:])):
        found[str(row["name"])].versions.setdefault(str(row["path"]), set()).add(str(row["version"]))
    return found


def _trust(row: Row) -> tuple[int, int, str, int]:
    path, number = str(row["path"]), row["declaration"]
    assert isinstance(number, int)
    return _KINDS.index(str(row["kind"])), path.count("/"), path, number


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> Sequence[str]:
    assert isinstance(value, list)
    return value
