"""Images per second of a translation A→B against the authors' test path, on this machine, in one run.

    git clone https://github.com/alpc91/NICE-GAN-pytorch
    python -m benchmarks.nicegan_translate --official NICE-GAN-pytorch

Light, six residual blocks. The authors' `test` runs the whole discriminator and then the generator in evaluation mode,
one image at a time, with gradients enabled; ours runs the encoder and the generator, in batches, without them. Both
have the same weights; the largest difference of their images is printed. Decoding and writing files are not included.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import nicegan_official as theirs
from benchmarks.nicegan_parity import ours_from


def official(made: theirs.Trainer, images: Tensor) -> Tensor:
    """The authors' test path: every image by itself."""
    return torch.cat([made.gen2B(made.disA(image[None])[4]).detach() for image in images])


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, required=True, help="checkout of alpc91/NICE-GAN-pytorch")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--channels", type=int, default=64, help="width of the first convolution (default: 64)")
    parser.add_argument("--images", type=int, default=8, help="images per round")
    parser.add_argument("--batch", type=int, default=4, help="images of our batches")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    made = theirs.trainer(given.official, size=given.size, light=True, n_res=6, channels=given.channels)
    theirs.each(made, nn.Module.eval)
    networks = ours_from(made).eval().to(memory_format=torch.channels_last)
    images = torch.rand(given.images, 3, given.size, given.size) * 2 - 1
    batches = images.contiguous(memory_format=torch.channels_last).split(given.batch)

    def ours() -> Tensor:
        with torch.inference_mode():
            return torch.cat([networks.translate(batch, "AtoB") for batch in batches])

    difference = (official(made, images) - ours()).abs().max().item()
    seconds: dict[str, list[float]] = {"official": [], "ours": []}
    for _ in range(given.rounds):
        for name, run in (("official", lambda: official(made, images)), ("ours", ours)):
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    speed = {name: given.images / statistics.median(times) for name, times in seconds.items()}
    print(
        f"{given.size} pixels, {given.threads} threads, torch {torch.__version__}; largest difference {difference:.1e}"
    )
    print(f"official {speed['official']:.2f} images/s, ours {speed['ours']:.2f} images/s: ", end="")
    print(f"{speed['ours'] / speed['official']:.2f} times")


if __name__ == "__main__":
    main()
