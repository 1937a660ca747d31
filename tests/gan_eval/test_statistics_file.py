from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_eval.errors import InputError, MismatchError, TooFewError
from gan_eval.feature_set import FeatureSet
from gan_eval.features import FeatureReader, Needs
from gan_eval.images import Part, PartSource, open_source
from gan_eval.metrics.frechet import distance
from gan_eval.scoring import Options, scores
from gan_eval.statistics_file import merge, open_statistics, read, save

MakeFolder = Callable[..., Path]


@pytest.fixture
def reader(tiny: Any) -> FeatureReader:
    return FeatureReader(tiny.network, extractor=tiny)


@pytest.fixture
def made(reader: FeatureReader, make_folder: MakeFolder) -> FeatureSet:
    return reader.read(make_folder("set", 40), Needs(vectors=True))


def test_what_is_saved_is_what_is_read(made: FeatureSet, tmp_path: Path) -> None:
    save(tmp_path / "m.npz", made)
    back = read(tmp_path / "m.npz")
    assert (back.n, back.network) == (40, made.network)
    np.testing.assert_allclose(back.statistics.cov, made.statistics.cov, rtol=1e-12)


def test_pytorch_fid_reads_our_files(made: FeatureSet, tmp_path: Path) -> None:
    from pytorch_fid.fid_score import compute_statistics_of_path

    save(tmp_path / "m.npz", made)
    mu, sigma = compute_statistics_of_path(str(tmp_path / "m.npz"), None, None, None, None)
    np.testing.assert_array_equal(mu, made.statistics.mean)
    np.testing.assert_array_equal(sigma, made.statistics.cov)


def test_a_peers_file_has_no_number_of_images(made: FeatureSet, tmp_path: Path) -> None:
    np.savez(tmp_path / "peer.npz", mu=made.statistics.mean, sigma=made.statistics.cov)
    back = read(tmp_path / "peer.npz")
    assert (back.n, back.network) == (None, None)
    assert distance(back.statistics, made.statistics) < 1e-6


def test_kept_features_serve_what_moments_cannot(made: FeatureSet, reader: FeatureReader, tmp_path: Path) -> None:
    save(tmp_path / "m.npz", made, keep_features=True)
    back = reader.read(tmp_path / "m.npz", Needs(vectors=True))
    assert back.vectors is not None
    assert made.vectors is not None
    np.testing.assert_array_equal(back.vectors.array(), made.vectors.array())


def test_moments_alone_do_not_serve_what_needs_features(
    made: FeatureSet, reader: FeatureReader, tmp_path: Path
) -> None:
    save(tmp_path / "m.npz", made)
    side = reader.read(tmp_path / "m.npz", Needs(vectors=True))
    assert side.vectors is None
    with pytest.raises(InputError, match="keeps features as well"):
        scores(side, side, ["kid"], reader.network, Options())


def test_parts_add_up_to_the_whole(reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path) -> None:
    whole = reader.read(make_folder("whole", 30))
    images = sorted((tmp_path / "whole").iterdir())
    parts = [reader.read([str(path) for path in images[i::3]]) for i in range(3)]
    together = merge(parts)
    assert together.n == 30
    np.testing.assert_allclose(together.statistics.cov, whole.statistics.cov, rtol=1e-9, atol=1e-12)


def test_parts_of_different_precision_do_not_add_up(made: FeatureSet, tmp_path: Path) -> None:
    import dataclasses

    other = dataclasses.replace(made, network={**(made.network or {}), "precision": "bf16"}, label="other")
    with pytest.raises(MismatchError, match="precision fp32 and other with bf16"):
        merge([made, other])


def test_one_image_has_no_covariance(reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path) -> None:
    with pytest.raises(TooFewError, match="at least 2"):
        save(tmp_path / "m.npz", reader.read(make_folder("one", 1)))
    assert not (tmp_path / "m.npz").exists()


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"mu": np.zeros(3), "sigma": np.zeros((4, 4))}, "shapes"),
        ({"mu": np.full(2, np.nan), "sigma": np.eye(2)}, "NaN"),
        ({"mu": np.zeros(2), "sigma": np.array([[1.0, 2.0], [0.0, 1.0]])}, "symmetric"),
    ],
)
def test_broken_moments_name_their_file(arrays: dict[str, np.ndarray], match: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=rf"bad\.npz.*{match}"):
        open_statistics(tmp_path / "bad.npz")


def test_a_pickled_file_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", mu=np.array([{}], dtype=object), sigma=np.eye(2))
    with pytest.raises(InputError, match=r"evil\.npz"):
        open_statistics(tmp_path / "evil.npz")


def _parts(reader: FeatureReader, folder: Path, of: int, tmp_path: Path, *, keep: bool) -> list[FeatureSet]:
    made = []
    for number in range(1, of + 1):
        part = Part(number, of)
        read_set = reader.read(PartSource(open_source(folder), part), Needs(vectors=keep))
        save(tmp_path / f"{number}.npz", replace(read_set, part=part, whole=str(folder)), keep_features=keep)
        made.append(read(tmp_path / f"{number}.npz"))
    return made


def test_kept_parts_give_the_bits_of_one_pass(reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder("whole", 31)
    whole = reader.read(folder, Needs(vectors=True))
    together = merge(_parts(reader, folder, 4, tmp_path, keep=True))
    np.testing.assert_array_equal(together.statistics.cov, whole.statistics.cov)
    assert together.vectors is not None
    assert whole.vectors is not None
    np.testing.assert_array_equal(together.vectors[0:31], whole.vectors[0:31])


def test_parts_without_features_give_moments_alone(
    reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path
) -> None:
    folder = make_folder("whole", 31)
    together = merge(_parts(reader, folder, 4, tmp_path, keep=False))
    assert (together.n, together.vectors) == (31, None)
    np.testing.assert_allclose(together.statistics.cov, reader.read(folder).statistics.cov, rtol=1e-9, atol=1e-12)


def test_a_missing_part_is_named(reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path) -> None:
    parts = _parts(reader, make_folder("whole", 12), 4, tmp_path, keep=False)
    with pytest.raises(InputError, match=r"whole: 2 of its 4 parts are missing \(2/4, 4/4\)"):
        merge([parts[0], parts[2]])
    assert merge([parts[0], parts[2]], partial=True).n == 6


@pytest.mark.parametrize("partial", [False, True])
def test_a_part_is_not_counted_twice(
    reader: FeatureReader, make_folder: MakeFolder, tmp_path: Path, partial: bool
) -> None:
    parts = _parts(reader, make_folder("whole", 12), 2, tmp_path, keep=False)
    with pytest.raises(InputError, match="part 2/2 of whole is given twice"):
        merge([*parts, parts[1]], partial=partial)


@pytest.mark.parametrize("part", ["[]", '{"number": 1}', '{"number": 3, "of": 2, "whole": "x"}', "7"])
def test_a_part_that_was_never_written_is_refused(made: FeatureSet, tmp_path: Path, part: str) -> None:
    about = np.array(f'{{"network": null, "part": {part}}}')
    np.savez(tmp_path / "m.npz", mu=made.statistics.mean, sigma=made.statistics.cov, n=40, about=about)
    with pytest.raises(InputError, match=r"m\.npz: .*part"):
        read(tmp_path / "m.npz")
