"""Write `schemas/*.schema.json` anew from the models of `aggregator/config`.

python scripts/schemas.py [FOLDER]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.config.schema import file_name, schemas

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, schema in schemas().items():
        path = folder / file_name(kind)
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMAS)
