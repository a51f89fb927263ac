"""Images: what users log as a picture, made into PNG files and small WEBP previews."""

from __future__ import annotations

import io
import logging
import os
from typing import TYPE_CHECKING, Any

from cairn.client.media import File, series_path, suffix
from cairn.errors import InvalidValue

if TYPE_CHECKING:
    import numpy as np
    import PIL.Image

log = logging.getLogger(__name__)

PREVIEW_PIXELS = 256
"""Longest side of a preview."""

LOGGED_IMAGES = ("mlflow.loggedImages", "True")
"""The tag of a run that has images with a key."""

_PNG_MODES = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})
_ALPHA_MODES = frozenset({"LA", "PA", "RGBA", "RGBa", "La"})


class Image:
    """A picture that can be logged, also in the cells of a table.

    Args:
        image: an array (or nested lists) of shape (height, width) or (height, width, channels)
            with 1, 3 or 4 channels; a PIL image; or the path of an image file. Integers are
            0 to 255, floats 0 to 1 (other floats are stretched to that range), bools black and
            white.

    Raises:
        InvalidValue: none of these, or its shape, type or values are not those of a picture.
    """

    def __init__(
        self, image: np.ndarray[Any, Any] | PIL.Image.Image | str | os.PathLike[str] | list[Any]
    ) -> None:
        self.image = to_pil(image)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size

    def to_pil(self) -> PIL.Image.Image:
        """The PIL image."""
        return self.image

    def to_array(self) -> np.ndarray[Any, Any]:
        """Pixels as an array of shape (height, width[, channels])."""
        import numpy as np

        pixels: np.ndarray[Any, Any] = np.asarray(self.image)
        return pixels

    def to_list(self) -> list[Any]:
        """Pixels row by row in one list: numbers, or tuples of channels."""
        pixels = self.to_array().reshape(-1, *self.to_array().shape[2:]).tolist()
        return [tuple(pixel) if isinstance(pixel, list) else pixel for pixel in pixels]

    def resize(self, size: tuple[int, int]) -> Image:
        """A copy of (width, height) `size`."""
        return Image(self.image.resize(size))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, in the format that the extension names."""
        self.image.save(path)


def to_pil(image: Any) -> PIL.Image.Image:
    """The PIL image of what `Image` accepts, and of an `Image`.

    Raises:
        InvalidValue: it is not a picture, or Pillow is not installed.
    """
    try:
        import PIL.Image
    except ImportError:
        raise InvalidValue("Logging images needs Pillow. Run `pip install pillow`.") from None

    if isinstance(image, Image):
        return image.image
    if isinstance(image, PIL.Image.Image):
        return image
    if isinstance(image, (str, os.PathLike)):
        try:
            with PIL.Image.open(image) as opened:
                return opened.copy()
        except OSError as error:
            raise InvalidValue(
                f"The image file '{os.fspath(image)}' cannot be read: {error}."
            ) from None
    if isinstance(image, (list, tuple)) or hasattr(image, "__array__"):
        return _from_array(image)
    raise InvalidValue(
        f"An image of type {type(image).__name__} cannot be logged. Pass a NumPy array, a"
        " PIL image, a cairn.Image, or the path of an image file to cairn.Image."
    )


def _from_array(data: Any) -> PIL.Image.Image:
    import numpy as np
    import PIL.Image

    try:
        array = np.asarray(data)
    except ValueError as error:
        raise InvalidValue(f"The image is no regular array: {error}") from None
    if array.ndim not in {2, 3}:
        raise InvalidValue(
            f"An image of shape {array.shape} has {array.ndim} dimensions. Pass (height, width) or"
            " (height, width, channels); log the pictures of a batch one by one."
        )
    if array.ndim == 3 and array.shape[2] not in {1, 3, 4}:
        raise InvalidValue(
            f"An image of shape {array.shape} has {array.shape[2]} channels. Pass 1, 3 or 4 of them"
            " last; numpy.moveaxis(image, 0, -1) moves them from first to last."
        )
    if array.size == 0:
        raise InvalidValue(f"An image of shape {array.shape} has no pixels.")
    pixels = _to_bytes(array)
    return PIL.Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels)


def _to_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` as bytes 0 to 255."""
    import numpy as np

    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        low, high = int(array.min()), int(array.max())
        if low < 0 or high > 255:
            raise InvalidValue(
                f"The image has integer pixels from {low} to {high}; 0 to 255 are allowed. Scale"
                " them, or pass floats."
            )
        return array.astype(np.uint8)
    if array.dtype.kind == "f":
        return _from_floats(array)
    raise InvalidValue(
        f"An image array of type {array.dtype} cannot be logged. Use bool, integer or float."
    )


def _from_floats(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Floats 0 to 1 times 255, cut; others are stretched from smallest to largest first."""
    import numpy as np

    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    scaled = array.astype(np.float64)
    if low < 0 or high > 1:
        log.warning("Float pixels from %g to %g are stretched to 0 to 1 for the image.", low, high)
        scaled = (scaled - low) / ((high - low) or 1.0)
    shown = np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0)
    pixels: np.ndarray[Any, Any] = (shown * 255).astype(np.uint8)
    return pixels


def encode(image: PIL.Image.Image, kind: str) -> bytes:
    """`image` in the format of the extension `kind`; its mode is changed when that needs it.

    Raises:
        InvalidValue: Pillow knows no format of this extension.
    """
    import PIL.Image

    name = PIL.Image.registered_extensions().get(f".{kind}")
    if name is None or name not in PIL.Image.SAVE:
        raise InvalidValue(
            f"Images cannot be written as '.{kind}'. Use .png, .jpg, .webp, .gif or .bmp."
        )
    if image.mode in {"F", "I"}:
        image = _from_array(image)
    if name == "PNG" and image.mode not in _PNG_MODES:
        image = image.convert("RGBA" if image.mode in _ALPHA_MODES else "RGB")
    elif name == "JPEG" and image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, format=name)
    return buffer.getvalue()


def picture(content: bytes) -> PIL.Image.Image:
    """The image in the content of an image file.

    Raises:
        InvalidValue: Pillow is not installed.
    """
    try:
        import PIL.Image
    except ImportError:
        raise InvalidValue("Logging images needs Pillow. Run `pip install pillow`.") from None
    return PIL.Image.open(io.BytesIO(content))


def preview(image: PIL.Image.Image) -> bytes:
    """A WEBP of at most 256 by 256 pixels, for galleries."""
    if image.mode in {"F", "I", "I;16"}:
        image = _from_array(image).convert("RGB")
    see_through = image.mode in _ALPHA_MODES or "transparency" in image.info
    small = image.convert("RGBA" if see_through else "RGB")
    small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    buffer = io.BytesIO()
    small.save(buffer, format="WEBP")
    return buffer.getvalue()


def image_file(image: Any, path: str) -> File:
    """An image as one file, in the format that the extension of `path` names.

    Raises:
        InvalidValue: it is not a picture, or the format is not known.
    """
    return File(path, encode(to_pil(image), suffix(path)))


def image_files(
    image: Any, key: Any, step: int | None = None, timestamp: int | None = None
) -> list[File]:
    """An image of a series: the PNG and its preview, ``images/<key>+step+...``.

    The run that gets them also gets the tag `LOGGED_IMAGES`.

    Args:
        image: what `Image` accepts, or an `Image`.
        key: name of the series: letters, digits and ``_-./`` and spaces; ``/`` is written as ``~``.
        step: place in the series, 0 by default.
        timestamp: ms since epoch, now by default.

    Raises:
        InvalidValue: it is not a picture, or key, step or timestamp are not allowed.
    """
    path = series_path("images", key, step, timestamp)
    picture = to_pil(image)
    return [
        File(f"{path}.png", encode(picture, "png")),
        File(f"{path}+compressed.webp", preview(picture)),
    ]


def is_image(value: Any) -> bool:
    """Whether a cell of a table is a picture: an `Image` or a PIL image."""
    if isinstance(value, Image):
        return True
    return any(
        kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(value).__mro__
    )
