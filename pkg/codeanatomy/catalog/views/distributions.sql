SELECT stable_id('distribution', distribution) AS id, distribution AS name, min(kind) AS found, min(version) AS version,
       min(specifier) AS specifier, min(declared_in) AS declared_in, min(declared_line) AS declared_line
FROM python_external
WHERE distribution IS NOT NULL
GROUP BY distribution
