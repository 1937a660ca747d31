"""The same numbers as pytorch-fid, clean-fid and torch-fidelity, from the same weights and images.

    pip install 'gan-eval[test]'                                            # the peers come with the test extra
    python benchmarks/parity.py --real data/testB --fake outputs/fakeB      # folders of images
    python benchmarks/parity.py --real … --fake … --weights pt_inception-2015-12-05-6726825d.pth

Without --weights a random Inception is made, calibrated on the real images (`random_inception.py`). Prints one row per
comparison with its bound and ends with exit code 1 if one does not hold.

Features are compared by the largest difference over all images and dimensions, relative to their standard deviation.
clean-fid's own network is a TorchScript file that is published for the true weights alone, so its mode "clean" runs
here with pytorch-fid's network behind its own decoding and resizing, and its mode "legacy_pytorch" with its own.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.random_inception import random_state_dict, read_images
from gan_eval.cache import Cache
from gan_eval.extractors import resolve
from gan_eval.features import FeatureReader, Needs
from gan_eval.metrics.table import MetricName
from gan_eval.resize import Like, resize
from gan_eval.scoring import Options, scores

#: Images of a KID subset: fewer than the images of the smallest set, so that subsets differ.
SUBSET = 50
Array = NDArray[np.floating]


class Task(NamedTuple):
    """What every tool is given: folders of images and the network's weights. runtime: of this package's network."""

    real: Path
    fake: Path
    weights: Path
    runtime: Literal["auto", "torch", "openvino"]


class Peer(NamedTuple):
    """What a tool says: features of the real and the fake images, (N, 2048), and its numbers."""

    real: Array
    fake: Array
    numbers: dict[str, float]


@dataclass(frozen=True)
class Row:
    """One comparison."""

    what: str
    theirs: float | None
    ours: float | None
    difference: float
    bound: float

    def __str__(self) -> str:
        values = "".join(f"{'' if value is None else f'{value:.9g}':>16}" for value in (self.theirs, self.ours))
        verdict = "holds" if self.difference <= self.bound else "FAILS"
        return f"{self.what:<46}{values}{self.difference:>12.1e}{self.bound:>10.0e}  {verdict}"


def ours(like: Like, task: Task, metrics: tuple[MetricName, ...]) -> Peer:
    """Features and scores of this package."""
    network = resolve("inception", weights=task.weights, like=like, device="cpu", runtime=task.runtime)
    options = Options(like=like, interval=False, subset_size=SUBSET)
    with FeatureReader(network, cache=Cache(keep=False)) as reader:
        sets = [reader.read(folder, Needs(vectors=True, logits=True)) for folder in (task.real, task.fake)]
        made = scores(*sets, metrics, network, options)
        features = [np.array(each.vectors.array()) for each in sets if each.vectors]
    return Peer(*features, {metric: score.value for metric, score in zip(metrics, made, strict=True)})


def pytorch_fid(task: Task) -> Peer:
    """pytorch-fid 0.3.0."""
    from pytorch_fid import fid_score

    network = peer_network(task.weights)
    features = [
        fid_score.get_activations(paths(folder), network, batch_size=32, device="cpu", num_workers=0)
        for folder in (task.real, task.fake)
    ]
    moments = [(one.mean(0), np.cov(one, rowvar=False)) for one in features]
    fid = fid_score.calculate_frechet_distance(*moments[0], *moments[1])
    return Peer(*features, {"fid": float(fid)})


def clean_fid(mode: str, task: Task) -> Peer:
    """clean-fid 0.1.35 in one of its modes; numpy's global state is seeded for it as it does not do so itself."""
    from cleanfid import fid, inception_pytorch
    from cleanfid.features import build_feature_extractor

    if mode == "clean":
        network = peer_network(task.weights, resize_input=False, normalize_input=False)

        def model(batch: torch.Tensor) -> torch.Tensor:
            pooled: torch.Tensor = network((batch - 128) / 128)[0][:, :, 0, 0]
            return pooled
    else:
        with mock.patch.object(inception_pytorch, "load_state_dict_from_url", return_value=torch.load(task.weights)):
            model = build_feature_extractor(mode, torch.device("cpu"), use_dataparallel=False)
    features = [
        fid.get_folder_features(str(folder), model, num_workers=0, device="cpu", mode=mode, verbose=False)
        for folder in (task.real, task.fake)
    ]
    moments = [(one.mean(0), np.cov(one, rowvar=False)) for one in features]
    np.random.seed(0)  # noqa: NPY002 - theirs
    numbers = {
        "fid": float(fid.frechet_distance(*moments[0], *moments[1])),
        "kid": fid.kernel_distance(*features, num_subsets=100, max_subset_size=SUBSET),
    }
    return Peer(*features, numbers)


def torch_fidelity(task: Task) -> Peer:
    """torch-fidelity 0.4.0: its first input is the fake set."""
    from torch_fidelity import metric_fid, metric_isc, metric_kid, utils

    options: dict[str, Any] = {"cuda": False, "verbose": False, "cache": False, "kid_subset_size": SUBSET}
    extractor = utils.create_feature_extractor(
        "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(task.weights), **options
    )
    both = [
        utils.extract_featuresdict_from_input_id(1, extractor, input1=str(folder), batch_size=32, **options)
        for folder in (task.real, task.fake)
    ]
    features = [one["2048"] for one in both]
    moments = [metric_fid.fid_features_to_statistics(one) for one in features]
    found = {
        **metric_fid.fid_statistics_to_metric(*moments, verbose=False),
        **metric_kid.kid_features_to_metric(features[1], features[0], **options),
        **metric_isc.isc_features_to_metric(both[1]["logits_unbiased"]),
    }
    names = {"fid": "frechet_inception_distance", "kid": "kernel_inception_distance_mean", "is": "inception_score_mean"}
    return Peer(*(one.numpy() for one in features), {ours: found[theirs] for ours, theirs in names.items()})


def peer_network(weights: Path, **options: bool) -> torch.nn.Module:
    """pytorch-fid's network with our weights file instead of the one that it would download."""
    from pytorch_fid import inception

    with mock.patch.object(inception, "load_state_dict_from_url", return_value=torch.load(weights)):
        network: torch.nn.Module = inception.InceptionV3([3], **options).eval()
    return network


def paths(folder: Path) -> list[Path]:
    """Images of a folder in the order that all these tools and this package give."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))


def compare(name: str, theirs: Peer, mine: Peer) -> Iterator[Row]:
    """Rows for features and every number that the peer has."""
    apart = max(float(np.abs(a - b).max() / a.std()) for a, b in ((theirs.real, mine.real), (theirs.fake, mine.fake)))
    yield Row(f"{name}: pool3, max difference / std", None, None, apart, 1e-4)
    for metric, value in theirs.numbers.items():
        difference = abs(value - mine.numbers[metric])
        if metric == "fid":
            yield Row(f"{name}: FID, relative", value, mine.numbers[metric], difference / value, 1e-3)
        else:
            yield Row(f"{name}: {metric.upper()}, absolute", value, mine.numbers[metric], difference, 1e-6)


def pixels(task: Task) -> Row:
    """clean-fid's resized pixels against ours, in units of 255."""
    from cleanfid.resize import build_resizer

    theirs = build_resizer("clean")
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths(task.real) + paths(task.fake)]
    apart = max(
        np.abs(theirs(image).transpose(2, 0, 1) - resize(image, (299, 299), "clean-fid")).max() for image in images
    )
    return Row("clean-fid: resized pixels, max difference / 255", None, None, float(apart) / 255, 1e-3)


def rounding(real: Path, weights: Path) -> float:
    """How far pytorch-fid's network in float32 is from itself in float64, on eight images, relative to the std."""
    network = peer_network(weights, resize_input=False, normalize_input=False)
    images = read_images(real, 8)
    with torch.inference_mode():
        single = network(images)[0]
        double = network.double()(images.double())[0]
    return float((single - double).abs().max() / double.std())


def rows(task: Task) -> Iterator[Row]:
    """All comparisons."""
    yield from compare("pytorch-fid", pytorch_fid(task), ours("pytorch-fid", task, ("fid",)))
    yield pixels(task)
    yield from compare("clean-fid clean", clean_fid("clean", task), ours("clean-fid", task, ("fid", "kid")))
    legacy = clean_fid("legacy_pytorch", task)
    yield from compare(
        "clean-fid legacy_pytorch",
        legacy._replace(numbers={"fid": legacy.numbers["fid"]}),
        ours("pytorch-fid", task, ("fid",)),
    )
    yield from compare("torch-fidelity", torch_fidelity(task), ours("torch-fidelity", task, ("fid", "kid", "is")))


@contextlib.contextmanager
def weights_file(given: Path | None, real: Path) -> Iterator[Path]:
    """The given file, or a random Inception that lives as long as the run."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.pth"
        torch.save(random_state_dict(read_images(real, 64)), path)
        yield path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--fake", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="published weights; random ones otherwise")
    parser.add_argument("--runtime", choices=("auto", "torch", "openvino"), default="auto", help="of our network")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # the peers', of their libraries
    good = True
    with weights_file(given.weights, given.real) as weights:
        print(f"{'':<46}{'theirs':>16}{'ours':>16}{'difference':>12}{'bound':>10}")
        for row in rows(Task(given.real, given.fake, weights, given.runtime)):
            print(row, flush=True)
            good &= row.difference <= row.bound
        apart = rounding(given.real, weights)
        print(f"for scale: pytorch-fid's own float32 features are {apart:.1e} std from its float64 ones")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
