"""Say which digit each crop shows.

Input: what `locate` wrote. Output: a .json file with the place of each digit, in reading order, and its
probabilities of being a 0 to 9.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from aisprint.annotations import component_name, exec_time, partitionable_model
from aisprint.onnx_inference import load_and_inference


@component_name(name="classify")
@exec_time(local_time_thr=10)
@partitionable_model(onnx_file="digits.onnx", num_partitions=2)
def main(args):
    with np.load(args["input"], allow_pickle=False) as located:
        boxes = located["boxes"]
        input_dict = {"crops": located["crops"]}

    outputs, _ = load_and_inference(args["onnx_file"], input_dict)

    digits = [
        {"box": box, "probabilities": [round(share, 5) for share in shares]}
        for box, shares in zip(boxes.tolist(), outputs["probabilities"].tolist(), strict=True)
    ]
    print(f"{len(digits)} digits classified")
    Path(args["output"] + ".json").write_text(json.dumps({"digits": digits}) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", required=True, help="the .npz file of `locate`")
    parser.add_argument("-o", "--output", required=True, help="the file to write, without its suffix")
    parser.add_argument("-y", "--onnx_file", default="onnx/digits.onnx", help="the model")
    args = vars(parser.parse_args())
    main(args)
