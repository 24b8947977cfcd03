"""Sum up a text: how many lines, words and characters, and its longest word.

Input: a text file in UTF-8. Output: a .json file.
"""

import argparse
import json
from pathlib import Path

from aisprint.annotations import component_name, exec_time


@component_name(name="summarise")
@exec_time(local_time_thr=5)
def main(args):
    text = Path(args["input"]).read_text(encoding="utf-8")
    words = text.split()
    result = {
        "lines": len(text.splitlines()),
        "words": len(words),
        "characters": len(text),
        "longest_word": max(words, key=len, default=""),
    }
    print(f"{result['words']} words")
    Path(args["output"] + ".json").write_text(
        json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the text file")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
