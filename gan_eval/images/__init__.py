"""Where images come from and how they are decoded.

`open_source` turns whatever the user names into a `Source` of items; `scan` looks at every item before the expensive
work (content hash, headers, damage); `decode` gives the pixels, by the policy `peers` or `photographs`.
"""

from gan_eval.images.archives import TarSource, ZipSource
from gan_eval.images.arrays import ArraySource, single_pixels
from gan_eval.images.batches import Column, StreamSource, images_of
from gan_eval.images.decoding import MAX_PIXELS, Header, UnreadableImage, decode, probe
from gan_eval.images.files import EXTENSIONS, FilesSource, list_images
from gan_eval.images.numpy_files import ArrayFilesSource
from gan_eval.images.opening import Given, open_source
from gan_eval.images.parts import Part, PartSource, parse_part
from gan_eval.images.policies import Policy, brightest, is_deep, peers, photographs, white_of
from gan_eval.images.scanning import Contents, scan
from gan_eval.images.source import Item, OnBadImage, Source

__all__ = [
    "EXTENSIONS",
    "MAX_PIXELS",
    "ArrayFilesSource",
    "ArraySource",
    "Column",
    "Contents",
    "FilesSource",
    "Given",
    "Header",
    "Item",
    "OnBadImage",
    "Part",
    "PartSource",
    "Policy",
    "Source",
    "StreamSource",
    "TarSource",
    "UnreadableImage",
    "ZipSource",
    "brightest",
    "decode",
    "images_of",
    "is_deep",
    "list_images",
    "open_source",
    "parse_part",
    "peers",
    "photographs",
    "probe",
    "scan",
    "single_pixels",
    "white_of",
]
