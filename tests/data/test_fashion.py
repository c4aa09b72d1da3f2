"""Clothes are read from either form, and trained on as digits are."""

import hashlib

import numpy as np
import pytest
import torch

from shared.data import fashion, mnist
from shared.data.idx import decode
from shared.data.source import Known
from shared.errors import InputError
from shared.proof.equivalence import compare, load_train, record
from stages import TABLE
from stages.__main__ import main
from tests.support.smallmnist import save

[FASHION] = [row for row in TABLE if row.name == "encore-fashion"]
Clothes = FASHION.program.Clothes


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def folder(small, mirror, monkeypatch, tmp_path):
    """Let the mirror's small files pass for Fashion-MNIST; name a folder."""
    known = {
        name: Known(
            len(content),
            sha256(content) if "labels" in name else None,
            sha256(mirror.archives[f"{name}.gz"]),
        )
        for name, content in small.items()
    }
    monkeypatch.setattr(fashion, "FILES", known)
    monkeypatch.setattr(mnist, "FILES", dict.fromkeys(small, Known(0)))
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "clothes"))
    monkeypatch.setenv("FASHION_MNIST_MIRRORS", mirror.url("good"))
    return tmp_path / "clothes"


def save_csv(folder, contents, names=("fashion-mnist_train", "test")):
    """Write the same images in the CSV form."""
    folder.mkdir()
    arrays = [decode(content) for content in contents.values()]
    for name, images, labels in zip(
        names, arrays[::2], arrays[1::2], strict=True
    ):
        lines = ["label," + ",".join(f"pixel{i}" for i in range(1, 785))]
        for image, label in zip(images, labels, strict=True):
            lines.append(",".join(map(str, [label, *image.flatten()])))
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")


def check(digits, contents):
    """Check that these are the images and labels of the IDX files."""
    images, labels, test_images, test_labels = map(decode, contents.values())
    assert digits.name == "Fashion-MNIST"
    for x, y, wanted_images, wanted_labels in (
        (digits.x_train, digits.y_train, images[:50], labels[:50]),
        (digits.x_valid, digits.y_valid, images[50:], labels[50:]),
        (*digits.test(), test_images, test_labels),
    ):
        assert (x.dtype, y.dtype) == (torch.float32, torch.int64)
        assert np.array_equal(x * 256, wanted_images.reshape(-1, 784))
        assert np.array_equal(y, wanted_labels)


@pytest.mark.parametrize("below", ["", "FashionMNIST/raw"])
def test_the_idx_form_is_read_from_a_folder(folder, small, below):
    save(folder / below, small, suffix="")
    check(fashion.load(Clothes), small)


def test_the_csv_form_is_read_from_a_folder(folder, small):
    save_csv(folder, small)
    check(fashion.load(Clothes), small)


def test_without_a_folder_it_is_fetched_once(
    folder, small, mirror, monkeypatch
):
    monkeypatch.delenv("FASHION_MNIST_DIR")
    for _ in range(2):
        check(fashion.load(Clothes), small)
    assert mirror.asked == [f"good/{name}.gz" for name in small]


def test_what_is_fetched_is_known_by_its_archive(
    folder, small, mirror, monkeypatch, capsys
):
    """A bit of the content was flipped, and it was gzipped again."""
    monkeypatch.delenv("FASHION_MNIST_DIR")
    monkeypatch.setenv("FASHION_MNIST_MIRRORS", mirror.url("bit_flipped"))
    assert main([FASHION.name]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "error: Fashion-MNIST is not available: 127.0.0.1" in err
    assert "sent a file that has SHA-256" in err
    assert "FASHION_MNIST_DIR may name a folder" in err


def break_csv(change):
    """Return a function that saves the CSV form with one line changed."""

    def prepare(folder, small):
        save_csv(folder, small)
        path = folder / "test.csv"
        path.write_text(change(path.read_text()))

    return prepare


def save_flawed(name):
    """Return a function that saves the files, one of which begins wrongly."""

    def prepare(folder, small):
        flawed = b"\1" + small[name][1:]
        save(folder, small | {name: flawed}, suffix="")

    return prepare


def save_mnist_itself(folder, small):
    for name, content in small.items():
        mnist.FILES[name] = Known(len(content), sha256(content))
    save(folder, small, suffix="")


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (lambda folder, small: None, "clothes is not a folder"),
        (lambda folder, small: folder.mkdir(), "holds neither train-images"),
        (save_flawed("t10k-images-idx3-ubyte"), "starts with b'\\x01"),
        (save_flawed("t10k-labels-idx1-ubyte"), "has SHA-256"),
        (save_mnist_itself, "is the file of MNIST that has this name"),
        (break_csv(lambda text: ""), "test.csv is no CSV of numbers"),
        (break_csv(lambda text: text.replace(",3", ",x")), "no CSV of numb"),
        (break_csv(lambda text: text.replace(",3", ",256")), "no CSV of nu"),
        (break_csv(lambda text: text.replace(",3", ",-1")), "no CSV of numb"),
        (break_csv(lambda text: text.replace(",3", "é")), "no CSV of numbers"),
        (
            break_csv(lambda text: text.partition("\n")[2]),
            "holds 19 images of 784 pixels below a line of headings, not 20",
        ),
        (
            break_csv(lambda text: text.replace(",3\n", "\n")),
            "no CSV of numbers",
        ),
        (
            break_csv(lambda text: text.replace("\n", "\n1", 1)),
            "has a class 1",
        ),
    ],
)
def test_a_folder_that_is_wrong_gets_one_line(
    folder, small, capsys, prepare, complaint
):
    prepare(folder, small)
    assert main([FASHION.name]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert complaint in err


def test_one_file_of_the_csv_form_is_not_enough(folder, small):
    save_csv(folder, small)
    (folder / "test.csv").unlink()
    with pytest.raises(InputError, match=r"neither fashion-mnist_test\.csv n"):
        fashion.load(Clothes)


def trained(digits, **chosen):
    return record(load_train(FASHION.path), digits, **chosen)


def test_on_digits_it_is_stage_12_with_any_number_of_workers(few):
    stage = record(load_train(FASHION.origin.path), few)
    for workers in (0, 2):
        report = compare(stage, trained(few, num_workers=workers))
        assert report.equal, report.reading


def test_the_last_batch_is_dropped_if_asked(few):
    whole, dropped = (
        trained(few, epochs=1, drop_last=drop) for drop in (False, True)
    )
    assert len(whole.losses) == 16  # 1,000 = 15 * 64 + 40
    assert dropped.losses == whole.losses[:15]


def test_the_three_layers_are_the_usual_ones_and_learn(few):
    network = FASHION.program.mlp
    sizes = [tuple(p.shape) for p in network().parameters()]
    assert sizes[::2] == [(256, 784), (256, 256), (10, 256)]
    found = trained(few, network=network, epochs=5)
    assert found.problems == []
    assert found.accuracy > 0.7


def test_a_transform_is_called_when_an_image_is_asked_for():
    asked = []
    clothes = Clothes([1, 2, 3], [7, 8, 9], lambda x: asked.append(x) or -x)
    assert asked == []
    assert clothes[1] == (-2, 8)
    assert asked == [2]
    assert Clothes([1, 2], [7, 8])[1] == (2, 8)
