"""What a repository says it depends on, and what is installed for it, as their metadata state it. Nothing is resolved or imported here."""

from codeanatomy.catalog.shapes import Column, Table

DECLARED_DEPENDENCIES = Table(
    "declared_dependencies",
    "One row per dependency that a project, requirements or lock file of the repository names, whether it is imported or not.",
    (
        Column("path", "string", "The file, relative to the repository."),
        Column("declaration", "int32", "Number in the file, in the order in which it is read."),
        Column("line", "int32", "Line of the declaration, from 1; null where it is not known.", nullable=True),
        Column(
            "kind",
            "string",
            "`runtime` (of the project itself), `extra`, `group` (for developers), `requirement` (of a requirements file), `build`, "
            "`constraint` (a limit, no dependency) or `lock` (what a tool chose).",
        ),
        Column("group", "string", "Name of the extra or group.", nullable=True),
        Column("text", "string", "The declaration as written; for a table or lock entry its name."),
        Column(
            "name",
            "string",
            "Distribution, canonical (PEP 503); null for a path or URL that does not say it, and for what is not understood.",
            nullable=True,
        ),
        Column("extras", "list<string>", "Extras of the distribution that are asked for, sorted."),
        Column(
            "specifier", "string", "Versions that are allowed, in the notation of the tool; null where every version is.", nullable=True
        ),
        Column("version", "string", "The only version that is allowed: locked, or pinned with `==`.", nullable=True),
        Column("marker", "string", "Environment marker (PEP 508).", nullable=True),
        Column("url", "string", "Where it is taken from, if not from an index.", nullable=True),
        Column("editable", "bool", "Whether it is used in place, from its own folder."),
    ),
    key=("path", "declaration"),
)

INSTALLED_DISTRIBUTIONS = Table(
    "installed_distributions",
    "One row per distribution that is installed where the repository's imports are looked for.",
    (
        Column("path", "string", "Folder of its metadata: relative to the repository, else `<ENVIRONMENT>/` and its name."),
        Column(
            "environment",
            "string",
            "`repository` (a virtual environment in it), else `active` (`$VIRTUAL_ENV`), else `interpreter` (the one that runs the build).",
        ),
        Column("name", "string", "The distribution, canonical (PEP 503)."),
        Column("version", "string", "Its version, as written."),
        Column("modules", "list<string>", "Dotted names of the topmost packages and modules that it brings, sorted."),
    ),
    key=("path",),
)

TABLES = (DECLARED_DEPENDENCIES, INSTALLED_DISTRIBUTIONS)
