"""Count the words of a text.

Input: a text file in UTF-8. Output: a .json file with the totals and the words by falling frequency.
"""

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from aisprint.annotations import component_name, exec_time

WORD = re.compile(r"\w+(?:'\w+)*")


@component_name(name="count")
@exec_time(local_time_thr=5)
def main(args):
    text = Path(args["input"]).read_text(encoding="utf-8")
    words = Counter(word.casefold() for word in WORD.findall(text))
    result = {
        "lines": len(text.splitlines()),
        "words": words.total(),
        "distinct": len(words),
        "counts": dict(sorted(words.items(), key=lambda item: (-item[1], item[0]))),
    }
    print(f"{result['words']} words, {result['distinct']} distinct")
    Path(args["output"] + ".json").write_text(
        json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the text file")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
