"""Write a notice about unusual measurements.

Input: what `detect` wrote. Output: a .txt file.
"""

import argparse
import json
from pathlib import Path

from aisprint.annotations import component_name, exec_time


@component_name(name="notify")
@exec_time(local_time_thr=5, global_time_thr=20, prev_components=["clean", "detect"])
def main(args):
    found = json.loads(Path(args["input"]).read_text(encoding="utf-8"))
    lines = [f"{len(found['unusual'])} unusual measurements; {found['usual_celsius']:.1f} C is usual"]
    lines += [f"  {measurement['time']}  {measurement['celsius']:.1f} C" for measurement in found["unusual"]]
    print(lines[0])
    Path(args["output"] + ".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .json file of `detect`")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
