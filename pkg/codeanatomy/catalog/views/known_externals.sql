SELECT named.id, interface.kind, interface.signature, interface.annotation, interface.defined_in, interface.path, interface.line,
       interface.docstring
FROM (SELECT id, qualified_name, kind FROM imports_nodes) AS named
INNER JOIN external_interfaces AS interface ON interface.qualified_name = named.qualified_name
WHERE named.kind IN ('external_package', 'external_symbol')
