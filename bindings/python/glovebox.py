"""Word vectors of glovebox in Python: one file, over libglovebox.so.

    import glovebox
    v = glovebox.open("runs/my")           # a run directory, or a file of vectors
    v["frog"]                              # its vector
    v.nearest("frog")                      # [("toad", 0.71), ...], by cosine
    v.analogy("paris", "france", "tokyo")  # [("japan", 0.95), ...]
    v.similarity("frog", "toad")
    v.matrix                               # all vectors, a NumPy array that is not copied
    v.text("the frog sat on a log")        # a vector for a text

    s = glovebox.open_store("runs/my")     # the counts of the corpus
    s.contexts("frog")                     # [("the", 85.03), ...]

**Files.** Whatever glove-convert reads: text with and without a header, word2vec's binary format,
fastText's models, SQLite, safetensors, npy with vocab.txt beside it, projector tables with
metadata.tsv. safetensors and npy are mapped into memory, so they open in milliseconds and processes
share them; other files are read.

**Words.** ``"frog" in v``, ``v.index`` and ``v.words`` are about the vocabulary, by exact spelling.
``v["frog"]`` and all questions look a word up as glove-query does: as it is; else, if no word has
capital letters, in lower case; else with "_" for blanks. A word that is not in the vocabulary gets
a vector from its character n-grams if the run has them (output.subwords) or the file is a fastText
model. A word without any vector is an UnknownWordError, which is a KeyError.

**Arrays.** With NumPy, vectors are arrays of float32. Those of the vocabulary and ``v.matrix`` are
views of the file, read-only: copy them before you change them. A view keeps the file open, also
after ``v.close()``. Without NumPy, vectors are memoryviews of format "f"; ``list(v["frog"])`` works
with both.

**Threads and processes.** Any number of threads may use the same object; searches run outside of
Python's lock. After a fork a child may go on using it. Objects are not pickled: give other
processes the path.

**The library** is looked for in the environment variable GLOVEBOX_LIBRARY (the path of
libglovebox.so), then beside this file or in the tree it belongs to (build/lib/libglovebox.so), then
where the system looks.

Needs Python 3.9 or later. NumPy (1 or 2) is optional.
"""
from __future__ import annotations

import array
import collections
import ctypes
import errno
import importlib
import json
import math
import operator
import os
import threading
import weakref
from itertools import repeat
from typing import (TYPE_CHECKING, Any, Iterable, Iterator, List, Mapping, Optional, Sequence,
                    Tuple, Type, TypeVar, Union, cast)

try:
    import numpy as np

    _numpy = True
except ImportError:  # vectors are memoryviews then
    _numpy = False

if TYPE_CHECKING:
    import numpy.typing as npt

    Vector = npt.NDArray[np.float32]
    PathLike = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
    Query = Union[str, Sequence[str], Sequence[float], npt.NDArray[Any], memoryview]

__all__ = ["open", "open_store", "version", "Vectors", "Store", "Error", "FileError",
           "MissingFileError", "FormatError", "ArgumentError", "UnknownWordError",
           "OutOfMemoryError"]

T = TypeVar("T")

# --- errors -----------------------------------------------------------------------------------


class Error(Exception):
    """Whatever went wrong in glovebox. Its text is one line: what, where, what to do."""


class FileError(Error, OSError):
    """A file cannot be read."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file or directory."""


class FormatError(Error, ValueError):
    """A file is damaged, cut off, or of no known format."""


class ArgumentError(Error, ValueError):
    """An argument is out of range."""


class UnknownWordError(Error, KeyError):
    """A word has no vector. The text names words that are spelt like it."""

    def __str__(self) -> str:  # KeyError would put quotes around the text
        return str(self.args[0]) if self.args else ""


class OutOfMemoryError(Error, MemoryError):
    """The library has no memory left."""


# by enum glovebox_status; others are an Error
_ERRORS: Mapping[int, Type[Error]] = {1: FileError, 2: OutOfMemoryError, 3: FormatError,
                                      6: ArgumentError, 7: UnknownWordError}

# --- the library ------------------------------------------------------------------------------


class _ErrorStruct(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int32), ("message", ctypes.c_char * 2048)]


class _Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint32),
                ("threads", ctypes.c_uint32), ("words", ctypes.c_char_p)]


class _Neighbour(ctypes.Structure):
    _fields_ = [("word", ctypes.c_char_p), ("row", ctypes.c_uint64), ("score", ctypes.c_double)]


class _List(ctypes.Structure):
    _fields_ = [("found", ctypes.POINTER(_Neighbour)), ("top", ctypes.c_size_t),
                ("n", ctypes.c_size_t)]


class _TextCounts(ctypes.Structure):
    _fields_ = [("known", ctypes.c_uint64), ("subwords", ctypes.c_uint64),
                ("missing", ctypes.c_uint64)]


class _Context(ctypes.Structure):
    _fields_ = [("word", ctypes.c_char_p), ("id", ctypes.c_uint64), ("x", ctypes.c_double)]


class _Contexts(ctypes.Structure):
    _fields_ = [("found", ctypes.POINTER(_Context)), ("top", ctypes.c_size_t),
                ("n", ctypes.c_size_t), ("all", ctypes.c_size_t)]


class _Pair(ctypes.Structure):
    _fields_ = [("row", ctypes.c_uint32), ("column", ctypes.c_uint32), ("x", ctypes.c_double)]


_COPY, _CHECK = 1, 2
_WEIGHTS = {None: 0, "sif": 1, "idf": 2, "mean": 3}
_SONAME = "libglovebox.so.0"
_NAME = "libglovebox.so"

# Every function that this module calls: its result, and its parameters by a letter each:
# p pointer, s string, z size, i int, q 64-bit number. "int status" functions are those with "e",
# whose last parameter is the error.
_FUNCTIONS = {
    "version": ("s", ""), "open": ("e", "psp"), "close": ("", "p"), "rows": ("z", "p"),
    "dim": ("z", "p"), "path": ("s", "p"), "format": ("s", "p"), "is_mapped": ("i", "p"),
    "note": ("s", "p"), "metadata": ("s", "p"), "word": ("s", "pz"), "find": ("q", "ps"),
    "lookup": ("q", "ps"), "spelt_like": ("z", "pspz"), "matrix": ("p", "p"),
    "count": ("e", "pzp"), "vector": ("e", "pspp"), "check": ("e", "p"),
    "text": ("e", "pszipp"), "nearest": ("e", "pppzp"), "nearest_word": ("e", "psp"),
    "nearest_sum": ("e", "pppzp"), "analogy": ("e", "psssp"), "analogy_mul": ("e", "psssp"),
    "similarity": ("e", "pssp"), "store_open": ("e", "ps"), "store_close": ("", "p"),
    "store_words": ("z", "p"), "store_pairs": ("q", "p"), "store_word": ("s", "pz"),
    "store_find": ("q", "ps"), "store_lookup": ("q", "ps"), "store_count": ("q", "pz"),
    "store_sum": ("d", "pz"), "store_contexts": ("e", "pzp"), "cursor_open": ("e", "pp"),
    "cursor_close": ("", "p"), "cursor_next": ("e", "ppzp"),
}
_TYPES: Mapping[str, Any] = {
    "": None, "e": ctypes.c_int, "p": ctypes.c_void_p, "s": ctypes.c_char_p,
    "z": ctypes.c_size_t, "i": ctypes.c_int, "q": ctypes.c_int64, "d": ctypes.c_double}


def _candidates() -> Iterator[str]:
    """Where the library may be, in order: paths, then names for the system's search."""
    folder = os.path.dirname(os.path.realpath(__file__))
    yield os.path.join(folder, _NAME)
    for _ in range(4):
        folder = os.path.dirname(folder)
        yield os.path.join(folder, "build", "lib", _NAME)
        yield os.path.join(folder, "lib", _SONAME)
        yield os.path.join(folder, _SONAME)
    yield _SONAME
    yield os.path.join("/usr/local/lib", _SONAME)


def _load() -> ctypes.CDLL:
    given = os.environ.get("GLOVEBOX_LIBRARY")
    if given and os.path.isdir(given):
        given = os.path.join(given, _NAME)
    tried = []
    for name in [given] if given else _candidates():
        if os.sep in name and not os.path.exists(name):
            tried.append(f"{name}: there is no such file")
            continue
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            tried.append(f"{name}: {error}")
            continue
        return _declare(library, name)
    if given:
        raise FileError(f"GLOVEBOX_LIBRARY: {tried[0]}")
    raise FileError(f"{_NAME} is not found (run make in the source tree, or set GLOVEBOX_LIBRARY "
                    f"to its path)")


def _declare(library: ctypes.CDLL, name: str) -> ctypes.CDLL:
    for function, (result, parameters) in _FUNCTIONS.items():
        try:
            symbol = getattr(library, "glovebox_" + function)
        except AttributeError:
            raise FileError(f"{name}: this library has no glovebox_{function}; its version does "
                            f"not fit {__file__}") from None
        symbol.restype = _TYPES[result]
        symbol.argtypes = [_TYPES[letter] for letter in parameters]
        if result == "e":
            symbol.argtypes = symbol.argtypes + [ctypes.POINTER(_ErrorStruct)]
    return library


_library: Optional[ctypes.CDLL] = None
_library_lock = threading.Lock()


def _lib() -> ctypes.CDLL:
    global _library
    if _library is None:
        with _library_lock:
            if _library is None:
                _library = _load()
    return _library


def _call(function: str, *arguments: Any) -> None:
    """Call a function that returns a status; raises what it tells."""
    error = _ErrorStruct()
    status = getattr(_lib(), "glovebox_" + function)(*arguments, ctypes.byref(error))
    if status != 0:
        raise _ERRORS.get(status, Error)(error.message.decode("utf-8", "replace"))


def version() -> str:
    """The version of the library, such as "1.2.0"."""
    return str(_lib().glovebox_version().decode())


# --- what passes between Python and the library -----------------------------------------------

# Words that are not UTF-8 are surrogates in Python, as in names of files.


def _encode(word: str) -> bytes:
    if not isinstance(word, str):
        raise TypeError(f"a word is a str, not {type(word).__name__}")
    data = word.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise UnknownWordError(f"no vector for {word!r}: a word has no NUL")
    return data


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _optional(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else _decode(data)


def _top(top: int) -> int:
    """How many answers: any whole number, also NumPy's."""
    top = operator.index(top)
    if top < 0:
        raise ArgumentError(f"top: {top} is below 0")
    return top


def _is_words(query: Sequence[object]) -> bool:
    return len(query) > 0 and isinstance(query[0], str)


class _Handle:
    """A handle of the library, closed when nobody has it any more: the object that opened it, a
    call under way, a view of its numbers. At the end of the process the system does it."""

    __slots__ = ("pointer", "__weakref__")

    def __init__(self, pointer: int, close: str) -> None:
        self.pointer = pointer
        weakref.finalize(self, getattr(_lib(), "glovebox_" + close), pointer).atexit = False


def _view(address: int, n: int, owner: _Handle) -> memoryview:
    """n float32 at an address, read-only; keeps the owner open."""
    block = (ctypes.c_float * n).from_address(address)
    setattr(block, "owner", owner)
    return memoryview(block).toreadonly().cast("B")


def _buffer(dim: int) -> Any:
    return (ctypes.c_float * dim)()


def _from_buffer(buffer: Any) -> Vector:
    """A vector of its own, that may be changed."""
    if _numpy:
        return np.frombuffer(buffer, dtype=np.float32)
    return cast("Vector", memoryview(buffer).cast("B").cast("f"))


def _to_buffer(vector: Any, dim: int) -> Any:
    """Any sequence of numbers as float32."""
    if _numpy:
        flat = np.ascontiguousarray(vector, dtype=np.float32)
        if flat.shape != (dim,):
            raise ArgumentError(f"a vector of {dim} numbers is needed, not of shape {flat.shape}")
        return (ctypes.c_float * dim).from_buffer_copy(memoryview(cast(Any, flat)))
    numbers = array.array("f", vector)
    if len(numbers) != dim:
        raise ArgumentError(f"a vector of {dim} numbers is needed, not of {len(numbers)}")
    return (ctypes.c_float * dim).from_buffer_copy(numbers)


# --- vectors ----------------------------------------------------------------------------------


def open(path: PathLike, *, threads: int = 1, copy: bool = False, check: bool = False,
         words: Optional[PathLike] = None) -> Vectors:
    """Open vectors: a file of any format, or the directory of a run.

    threads: how many a single search may use.
    copy: read the numbers into memory, even if the file could be mapped. For files that others
        shorten or write to in place while they are open.
    check: compare a mapped file with its checksum, which reads all of it.
    words: for .npy, a file with one word a line [vocab.txt beside it].

    Raises FileError, MissingFileError, FormatError; Error if a run has no vectors.
    """
    return Vectors(path, threads=threads, copy=copy, check=check, words=words)


def open_store(path: PathLike) -> Store:
    """Open the counts of a corpus: store.db, or that of the directory of a run."""
    return Store(path)


class _Opened:
    """What Vectors and Store share: a handle, closing, and no pickling."""

    _close = ""
    _handle: Optional[_Handle]

    def _pointer(self) -> _Handle:
        """The handle, to be held in a local variable during a call: another thread may close."""
        handle = self._handle
        if handle is None:
            raise ValueError(f"this glovebox.{type(self).__name__} is closed")
        return handle

    def _open(self, function: str, path: PathLike, *arguments: Any) -> _Handle:
        pointer = ctypes.c_void_p()
        name = os.fsencode(path)
        if b"\0" in name:
            raise ValueError("a path has no NUL")
        if not os.path.exists(name):
            raise MissingFileError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(name))
        _call(function, ctypes.byref(pointer), name, *arguments)
        assert pointer.value is not None
        return _Handle(pointer.value, self._close)

    @property
    def closed(self) -> bool:
        """Whether close() has been called."""
        return self._handle is None

    def close(self) -> None:
        """Close it. The file stays open for views of its numbers that are still in use."""
        self._handle = None

    def __reduce__(self) -> Any:
        raise TypeError(f"a glovebox.{type(self).__name__} cannot be pickled or copied; give the "
                        f"other process its path, and open it there")


class Vectors(_Opened):
    """Vectors of words, as glovebox.open gives them. See help(glovebox)."""

    _close = "close"

    def __init__(self, path: PathLike, *, threads: int = 1, copy: bool = False,
                 check: bool = False, words: Optional[PathLike] = None) -> None:
        if not 0 <= threads < 1 << 16:
            raise ArgumentError(f"threads: {threads} is out of range")
        options = _Options(ctypes.sizeof(_Options), _COPY * copy + _CHECK * check, threads,
                           None if words is None else os.fsencode(words))
        self._handle = self._open("open", path, ctypes.byref(options))
        lib, pointer = _lib(), self._handle.pointer
        self._rows = int(lib.glovebox_rows(pointer))
        self._dim = int(lib.glovebox_dim(pointer))
        self._path = _decode(lib.glovebox_path(pointer))
        self._format = _decode(lib.glovebox_format(pointer))
        self._words: Optional[List[str]] = None
        self._matrix: Optional[weakref.ref[Any]] = None

    def __enter__(self) -> Vectors:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ""
        return f"<glovebox.Vectors: {self._rows} words x {self._dim}, {self._path}{state}>"

    # --- the file ---

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self._dim

    @property
    def path(self) -> str:
        """The file in use; of a run directory the one that opens fastest."""
        return self._path

    @property
    def format(self) -> str:
        """"text", "word2vec", "fasttext", "sqlite", "safetensors", "npy" or "projector"."""
        return self._format

    @property
    def mapped(self) -> bool:
        """Whether the file is mapped into memory; else it was read."""
        handle = self._pointer()
        return bool(_lib().glovebox_is_mapped(handle.pointer))

    @property
    def note(self) -> Optional[str]:
        """What was odd about the file; None: nothing."""
        handle = self._pointer()
        return _optional(_lib().glovebox_note(handle.pointer))

    @property
    def metadata(self) -> Any:
        """How the vectors were made, a dict; None: the file does not say."""
        handle = self._pointer()
        text = _optional(_lib().glovebox_metadata(handle.pointer))
        return None if text is None else json.loads(text)

    def check(self) -> None:
        """Compare the file with the checksum that it states; FormatError if they differ."""
        handle = self._pointer()
        _call("check", handle.pointer)

    # --- the vocabulary ---

    def __len__(self) -> int:
        return self._rows

    @property
    def words(self) -> List[str]:
        """All words, by rows: frequent words first in files of glovebox. A list made once."""
        if self._words is None:
            handle = self._pointer()
            found = map(_lib().glovebox_word, repeat(handle.pointer, self._rows), range(self._rows))
            self._words = [word.decode("utf-8", "surrogateescape") for word in found]
        return self._words

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def word(self, row: int) -> str:
        """The word of a row."""
        handle = self._pointer()
        if not -self._rows <= row < self._rows:
            raise IndexError(f"row {row} of {self._rows}")
        return _decode(_lib().glovebox_word(handle.pointer, row % self._rows))

    def _find(self, word: str) -> int:
        handle = self._pointer()
        return int(_lib().glovebox_find(handle.pointer, _encode(word)))

    def __contains__(self, word: object) -> bool:
        """Whether the vocabulary has exactly this word. Others may have a vector all the same."""
        return isinstance(word, str) and "\0" not in word and self._find(word) >= 0

    def index(self, word: str) -> int:
        """The row of exactly this word; UnknownWordError (a KeyError) if there is none."""
        row = self._find(word)
        if row < 0:
            similar = self.spelt_like(word, 3)
            more = f"; similar words: {', '.join(similar)}" if similar else ""
            raise UnknownWordError(f"no row for '{word}'{more}")
        return row

    def spelt_like(self, word: str, limit: int = 5) -> List[str]:
        """Words that are spelt like this one, 16 at most."""
        handle = self._pointer()
        limit = max(0, min(limit, 16))
        found = (ctypes.c_char_p * max(limit, 1))()
        n = _lib().glovebox_spelt_like(handle.pointer, _encode(word), found, limit)
        return [_decode(found[i] or b"") for i in range(n)]

    def count(self, word: str) -> int:
        """How often a word of the vocabulary occurs in the corpus, by vocab.txt or store.db beside
        the vectors; Error if there are none."""
        row = self.index(word)
        handle = self._pointer()
        count = ctypes.c_uint64()
        _call("count", handle.pointer, row, ctypes.byref(count))
        return count.value

    # --- numbers ---

    @property
    def matrix(self) -> Vector:
        """All vectors, row i being that of words[i]: a read-only view, not a copy."""
        matrix = self._matrix() if self._matrix is not None else None
        if matrix is None or self.closed:
            handle = self._pointer()
            view = _view(_lib().glovebox_matrix(handle.pointer), self._rows * self._dim, handle)
            if not _numpy:
                return cast("Vector", view.cast("f", [self._rows, self._dim]))
            matrix = np.frombuffer(view, dtype=np.float32).reshape(self._rows, self._dim)
            self._matrix = weakref.ref(matrix)
        return matrix

    def _row(self, row: int) -> Vector:
        handle = self._pointer()
        address = _lib().glovebox_matrix(handle.pointer) + 4 * self._dim * row
        view = _view(address, self._dim, handle)
        if not _numpy:
            return cast("Vector", view.cast("f"))
        return np.frombuffer(view, dtype=np.float32)

    def __getitem__(self, word: str) -> Vector:
        """The vector of a word, in the scale of the file: a read-only view for a word of the
        vocabulary; a new array, from its n-grams, for another. UnknownWordError if there is none."""
        handle = self._pointer()
        name = _encode(word)
        row = int(_lib().glovebox_lookup(handle.pointer, name))
        if row >= 0:
            return self._row(row)
        buffer = _buffer(self._dim)
        _call("vector", handle.pointer, name, buffer, None)
        return _from_buffer(buffer)

    def vector(self, word: str) -> Vector:
        """The same as v[word], as an array of its own that may be changed."""
        handle = self._pointer()
        buffer = _buffer(self._dim)
        _call("vector", handle.pointer, _encode(word), buffer, None)
        return _from_buffer(buffer)

    def get(self, word: str, default: Union[Vector, T, None] = None) -> Union[Vector, T, None]:
        """v[word], or the default if the word has no vector."""
        try:
            return self[word]
        except UnknownWordError:
            return default

    def is_unseen(self, word: str) -> bool:
        """Whether the vector of this word comes from its n-grams, as it is not in the vocabulary.
        UnknownWordError if it has no vector."""
        handle = self._pointer()
        from_subwords = ctypes.c_int()
        _call("vector", handle.pointer, _encode(word), _buffer(self._dim),
              ctypes.byref(from_subwords))
        return from_subwords.value != 0

    # --- texts ---

    def text(self, text: str, weights: Optional[str] = None) -> Vector:
        """A vector for a text: what glove-embed gives for it as one line. It is cut into words as
        the corpus of the run was. Zeros, if no word of it has a vector.

        weights: "sif" (rare words count more, and what all texts share is taken away), "idf",
            "mean"; None: "sif" if the counts of words are known, else "mean".
        """
        return self._text(text, weights)[0]

    def text_words(self, text: str) -> Tuple[int, int, int]:
        """How many words of a text are in the vocabulary, how many others get vectors from
        n-grams, and how many have none."""
        counts = self._text(text, "mean")[1]
        return int(counts.known), int(counts.subwords), int(counts.missing)

    def _text(self, text: str, weights: Optional[str]) -> Tuple[Vector, _TextCounts]:
        handle = self._pointer()
        if weights not in _WEIGHTS:
            raise ArgumentError(f"weights: {weights!r} is none of 'sif', 'idf', 'mean'")
        if not isinstance(text, str):
            raise TypeError(f"a text is a str, not {type(text).__name__}")
        data = text.encode("utf-8", "surrogateescape")
        buffer, counts = _buffer(self._dim), _TextCounts()
        _call("text", handle.pointer, data, len(data), _WEIGHTS[weights], buffer,
              ctypes.byref(counts))
        return _from_buffer(buffer), counts

    # --- questions ---

    def _ask(self, function: str, top: int, *arguments: Any) -> List[Tuple[str, float]]:
        handle = self._pointer()
        top = min(_top(top), self._rows)
        found = (_Neighbour * max(top, 1))()
        answer = _List(found, top, 0)
        _call(function, handle.pointer, *arguments, ctypes.byref(answer))
        return [(_decode(f.word), f.score) for f in found[:answer.n]]

    def nearest(self, query: Query, top: int = 10,
                exclude: Iterable[str] = ()) -> List[Tuple[str, float]]:
        """The words with the largest cosine to a word, or to a vector: (word, cosine), best first.

        query: a word; a vector, such as v["king"] - v["man"] + v["woman"]; or a list of words,
            which stands for their sum, each scaled to length 1.
        exclude: words of the vocabulary that are no answers.

        Neither the words of the question nor "<unk>" are answers.
        """
        rows = [self.index(word) for word in ([exclude] if isinstance(exclude, str) else exclude)]
        if isinstance(query, (str, list, tuple)) and (isinstance(query, str) or _is_words(query)):
            wanted = _top(top)
            if isinstance(query, str):
                found = self._ask("nearest_word", wanted + len(rows), _encode(query))
            else:
                found = self.nearest_sum(collections.Counter(map(str, query)), wanted + len(rows))
            out = {self.word(row) for row in rows}
            return [answer for answer in found if answer[0] not in out][:wanted]
        excluded = (ctypes.c_uint64 * max(len(rows), 1))(*rows)
        vector = _to_buffer(query, self._dim)
        if not 0 < math.fsum(x * x for x in vector) < math.inf:
            raise ArgumentError("the vector has no direction: its numbers are all 0, or not all "
                                "finite")
        return self._ask("nearest", top, vector, excluded, len(rows))

    def nearest_sum(self, words: Mapping[str, float], top: int = 10) -> List[Tuple[str, float]]:
        """The words nearest to a sum of words with factors, each word scaled to length 1:
        v.nearest_sum({"king": 1, "man": -1, "woman": 1})."""
        if not words:
            raise ArgumentError("a sum of no words")
        names = (ctypes.c_char_p * len(words))(*map(_encode, words))
        factors = (ctypes.c_float * len(words))(*words.values())
        return self._ask("nearest_sum", top, names, factors, len(words))

    def analogy(self, a: str, b: str, c: str, top: int = 10,
                mul: bool = False) -> List[Tuple[str, float]]:
        """a is to b as c is to ...: (word, score), best first, by 3CosAdd, where the score is
        cos(x, b) - cos(x, a) + cos(x, c); with mul by 3CosMul."""
        function = "analogy_mul" if mul else "analogy"
        return self._ask(function, top, _encode(a), _encode(b), _encode(c))

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words, -1 to 1."""
        handle = self._pointer()
        score = ctypes.c_double()
        _call("similarity", handle.pointer, _encode(a), _encode(b), ctypes.byref(score))
        return score.value


# --- counts -----------------------------------------------------------------------------------


class Store(_Opened):
    """The counts of a corpus, as glovebox.open_store gives them: how often each word occurs, and
    X(i, j), how much word j occurs near word i. Words have ids from 0, by falling frequency."""

    _close = "store_close"

    def __init__(self, path: PathLike) -> None:
        self._where = os.path.abspath(os.fsdecode(path))
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._inherited: Optional[_Handle] = None
        self._handle = self._open("store_open", path)
        self._words: Optional[List[str]] = None

    def _pointer(self) -> _Handle:
        # SQLite's connections do not survive a fork: a child opens the file anew
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid() and self._handle is not None:
                    self._inherited = self._handle  # kept: closing is the parent's
                    self._handle = self._open("store_open", self._where)
                    self._process = os.getpid()
        return super()._pointer()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return f"<glovebox.Store: {self._where}, closed>"
        return f"<glovebox.Store: {len(self)} words, {self.pairs_total} pairs, {self._where}>"

    def __len__(self) -> int:
        handle = self._pointer()
        return int(_lib().glovebox_store_words(handle.pointer))

    @property
    def pairs_total(self) -> int:
        """How many pairs (i, j) have X(i, j) > 0, in both orders."""
        handle = self._pointer()
        return int(_lib().glovebox_store_pairs(handle.pointer))

    @property
    def words(self) -> List[str]:
        """All words by id. A list made once."""
        if self._words is None:
            handle = self._pointer()
            n = len(self)
            found = map(_lib().glovebox_store_word, repeat(handle.pointer, n), range(n))
            self._words = [word.decode("utf-8", "surrogateescape") for word in found]
        return self._words

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str) or "\0" in word:
            return False
        handle = self._pointer()
        return int(_lib().glovebox_store_find(handle.pointer, _encode(word))) >= 0

    def index(self, word: str) -> int:
        """The id of a word, looked up as people type it; UnknownWordError if there is none."""
        handle = self._pointer()
        row = int(_lib().glovebox_store_lookup(handle.pointer, _encode(word)))
        if row < 0:
            raise UnknownWordError(f"'{word}' is not in the vocabulary of {self._where}")
        return row

    def count(self, word: str) -> int:
        """How often a word occurs in the corpus."""
        row = self.index(word)
        handle = self._pointer()
        return int(_lib().glovebox_store_count(handle.pointer, row))

    def sum(self, word: str) -> float:
        """The sum of X(word, j) over all j."""
        row = self.index(word)
        handle = self._pointer()
        return float(_lib().glovebox_store_sum(handle.pointer, row))

    def contexts(self, word: str, top: int = 10) -> List[Tuple[str, float]]:
        """The strongest contexts of a word: (context, X), strongest first. What
        `glove-query pairs` prints."""
        row = self.index(word)
        handle = self._pointer()
        top = min(_top(top), len(self))
        found = (_Context * max(top, 1))()
        answer = _Contexts(found, top, 0, 0)
        _call("store_contexts", handle.pointer, row, ctypes.byref(answer))
        return [(_decode(f.word), f.x) for f in found[:answer.n]]

    def _blocks(self, room: int) -> Iterator[Any]:
        handle = self._pointer()
        cursor = ctypes.c_void_p()
        _call("cursor_open", ctypes.byref(cursor), handle.pointer)
        try:
            n = ctypes.c_size_t()
            while True:
                block = (_Pair * room)()
                _call("cursor_next", cursor, block, room, ctypes.byref(n))
                if n.value == 0:
                    return
                yield block, n.value
        finally:
            _lib().glovebox_cursor_close(cursor)

    def pairs(self) -> Iterator[Tuple[int, int, float]]:
        """All pairs (i, j, X(i, j)), by id, in the shuffled order of the store. Use s.arrays() for
        many."""
        for block, n in self._blocks(4096):
            for pair in block[:n]:
                yield pair.row, pair.column, pair.x

    def arrays(self, room: int = 1 << 20) -> Iterator[Any]:
        """All pairs as NumPy arrays of at most `room`, with the fields row, column (uint32) and x
        (float64)."""
        if not _numpy:
            raise Error("arrays need NumPy; s.pairs() does without")
        fields = np.dtype([("row", "<u4"), ("column", "<u4"), ("x", "<f8")])
        for block, n in self._blocks(room):
            yield np.frombuffer(block, dtype=fields, count=n)

    def matrix(self) -> Any:
        """X as a scipy.sparse.csr_matrix. It takes 12 bytes a pair, and 16 more while it is made."""
        sparse = importlib.import_module("scipy.sparse")
        n = len(self)
        row, column = np.empty((2, self.pairs_total), np.int32)
        x = np.empty(self.pairs_total)
        at = 0
        for block in self.arrays():
            to = slice(at, at + len(block))
            row[to], column[to], x[to] = block["row"], block["column"], block["x"]
            at = to.stop
        return sparse.csr_matrix((x, (row, column)), shape=(n, n))
