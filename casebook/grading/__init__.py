"""The marker: reads exercises, builds student notebooks, marks what was handed in."""

import sys

# nbformat brings jsonschema, which builds a grammar of web addresses when it is imported, if it
# finds this package: two seconds for each process of the marker, and no notebook needs it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
