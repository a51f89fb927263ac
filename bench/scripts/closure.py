"""Print how many distributions a distribution needs here, itself among them, and their bytes.

Counted are the files that pip recorded below site-packages, byte code too, of the distribution
and of all that it requires without extras; whatever else lies in the environment is not.
"""

import json
import re
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement


def main() -> None:
    found: dict[str, Distribution] = {}
    waiting = [(sys.argv[1], frozenset[str]())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        found[name] = distribution(name)
        for text in found[name].requires or []:
            needed = Requirement(text)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in ("", *extras)):
                canonical = re.sub(r"[-_.]+", "-", needed.name).lower()
                waiting.append((canonical, frozenset(needed.extras)))
    sizes = {name: size(found[name]) for name in sorted(found)}
    print(json.dumps({"distributions": len(sizes), "bytes": sum(sizes.values()), "sizes": sizes}))


def size(of: Distribution) -> int:
    paths = (Path(str(of.locate_file(file))) for file in of.files or [] if ".." not in file.parts)
    return sum(path.stat().st_size for path in paths if path.is_file())


main()
