"""CSV files of votes: two arenas' columns, counts per person, and faults with their line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_eval.errors import InputError
from gan_eval.study.votes.ballots import Rates, Votes
from gan_eval.study.votes.reading import read_ballots
from tests.gan_eval.study.votes.boards import board, write


def read(tmp_path: Path, text: str, **options: str) -> Votes | Rates:
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    return read_ballots(path, **options)


@pytest.mark.parametrize(
    "text",
    [
        "model_a,model_b,winner\nX,Y,model_a\nY,X,model_b\nX,Y,tie\nX,Y,both_bad\n",
        "model_a,model_b,winner,language\nX,Y,model_a,en\nY,X,model_b,en\nX,Y,tie,de\nX,Y,tie (bothbad),fr\n",
        "Winner,Model_B,Model_A\na,Y,X\nb,X,Y\ndraw,Y,X\nneither,Y,X\n",
        "\ufeffmethod_a,method_b,choice\r\nX,Y,X\r\nY,X,X\r\nX,Y,tie\r\nX,Y,bothbad\r\n",
    ],
)
def test_arenas_call_the_same_things_by_other_names(tmp_path: Path, text: str) -> None:
    votes = read(tmp_path, text)
    assert isinstance(votes, Votes)
    assert votes.methods == ("X", "Y")
    assert votes.wins().tolist() == [[0, 3], [1, 0]]
    assert votes.both_bad == 1
    assert votes.voters is None


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = board(500)
    votes = read_ballots(write(tmp_path / "board.csv", made))
    assert isinstance(votes, Votes)
    order = [made.methods.index(name) for name in votes.methods]
    assert (votes.wins() == made.wins()[np.ix_(order, order)]).all()
    assert votes.voters == len(np.unique(made.voter))
    assert votes.item is not None


def test_voter_and_item_are_read_where_there_are_such_columns(tmp_path: Path) -> None:
    votes = read(tmp_path, "model_a,model_b,winner,judge,question_id\nX,Y,a,p,1\nX,Y,b,q,1\nX,Y,b,p,2\n")
    assert isinstance(votes, Votes)
    assert votes.voter is not None
    assert votes.voter.tolist() == [0, 1, 0]
    assert votes.item is not None
    assert votes.item.tolist() == [0, 0, 1]


def test_counts_become_rates(tmp_path: Path) -> None:
    rates = read(tmp_path, "person,model,fooled,fakes,missed,reals\np,X,30,100,10,50\nq,Y,5,50,0,50\n")
    assert isinstance(rates, Rates)
    assert rates.value == pytest.approx([(0.3 + 0.2) / 2, 0.05])
    assert rates.measure == "error rate"
    fooled = read(tmp_path, "person,model,fooled,fakes\np,X,30,100\n")
    assert isinstance(fooled, Rates)
    assert (fooled.measure, fooled.value.tolist()) == ("fooling rate", [0.3])


def test_a_rate_per_person_is_taken_as_it_is(tmp_path: Path) -> None:
    text = "id,model,num_correct,err_rt,f_err_rt\np0,X,150,0.25,0.3\np1,Y,180,0.1,0.05\n"
    rates = read(tmp_path, text)
    assert isinstance(rates, Rates)
    assert rates.value.tolist() == [0.25, 0.1]
    assert read(tmp_path, text, measure="f_err_rt").value.tolist() == [0.3, 0.05]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("model_a,model_b,winner\n", "no votes"),
        ("model_a,winner\nX,a\n", "no column model_b"),
        ("model_a,model_b,winner\nX,Y,left\nX,Y,sideways\n", r"votes.csv:3: the winner is 'sideways'"),
        ("model_a,model_b,winner\nX,X,a\n", "against itself"),
        ("model_a,model_b,winner\n,X,a\n", "has no name"),
        ("model_a,model_b,winner\nX,Y\n", r"votes.csv:2: 2 columns"),
        ("id,model,err_rt\np,X,many\n", r"votes.csv:2: .* no number"),
        ("id,model,err_rt\np,X,nan\n", r"votes.csv:2: .* no number"),
        ("id,model,fooled,fakes\np,X,3,0\n", r"votes.csv:2: .* no number"),
        ("id,model,fooled,fakes\np,X,5,3\n", r"votes.csv:2: .* no number"),
        ("id,model,colour\np,X,red\n", "no column fooled"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_bytes(b"model_a,model_b,winner\n\xff\xfe,b,a\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_ballots(path)
