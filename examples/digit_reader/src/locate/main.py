"""Find the handwritten digits on a page image and cut them out.

Input: a page image. Output: an .npz file with the digits as 16x16 squares and their places on the page.
A page without digits gives no output, and so the chain ends here.
"""

import argparse
from pathlib import Path

import numpy as np
from page import find_digits, read_grey
from PIL import UnidentifiedImageError

from aisprint.annotations import component_name, exec_time, expected_throughput


@component_name(name="locate")
@exec_time(local_time_thr=8)
@expected_throughput(rate=1)
def main(args):
    source = Path(args["input"])
    try:
        page = read_grey(str(source))
    except UnidentifiedImageError:
        raise SystemExit(f"{source.name} is not an image that can be read") from None
    boxes, crops = find_digits(page)
    if not crops:
        print("no digits")
        return
    print(f"{len(crops)} digits")
    with Path(args["output"] + ".npz").open("wb") as stream:
        np.savez_compressed(
            stream,
            crops=np.stack(crops)[:, np.newaxis],
            boxes=np.array([[box.left, box.top, box.width, box.height] for box in boxes], dtype=np.int32),
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the page image")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    args = vars(parser.parse_args())
    main(args)
