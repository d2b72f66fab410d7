# glovebox.R - word vectors and counts of glovebox in R, with base R and the package Matrix alone.
#
#     source("bindings/r/glovebox.R")
#     v <- glovebox_vectors("runs/my")          # numeric matrix, one row a word
#     v["frog", ]                               # the vector of a word
#     glovebox_nearest(v, "frog", top = 5)      # data frame: word, score
#     glovebox_analogy(v, "paris", "france", "tokyo")
#     x <- glovebox_counts("runs/my")           # sparse matrix of package Matrix
#     x["frog", "the"]                          # X(frog, the)
#
# glovebox_vectors(path)                  a file of vectors or a run directory -> matrix
# glovebox_counts(path, vocab)            counts.bin or a run directory        -> sparse matrix
# glovebox_vocab(path)                    vocab.txt or a run directory         -> named counts
# glovebox_nearest(v, query, top)         the nearest words by cosine
# glovebox_analogy(v, a, b, c, top)       a is to b as c is to ?
# glovebox_similarity(v, a, b)            the cosine of two words
#
# Words are the names of the rows, marked as UTF-8, exactly as they are in the file: NA, #, quotes
# and numbers are words like others. If several rows have the same word, v["word", ] is the first.
#
# Formats of vectors: text with and without a header, word2vec's binary format, safetensors, npy
# with vocab.txt beside it, and the Embedding Projector's vectors.tsv with metadata.tsv beside it;
# text and binary may be compressed by gzip, bzip2 or xz. Base R cannot read SQLite and fastText's
# models: `glove-convert vectors.db vectors.safetensors` makes a file that it can.
#
# R's numbers are doubles, so a matrix takes 8 bytes a number: 1 million words of 300 numbers take
# 2.4 GB, and one more copy while a file is read is avoided. docs/formats.md has the formats byte by
# byte.
#
# Needs R 3.5 or later. A file that cannot be read is an error that names it. Structure, sizes and
# totals are checked, checksums are not (R has no 64-bit integers): `glove-convert check FILE` and
# `glove-convert counts-export` check those.

# --- vectors ----------------------------------------------------------------------------------------

# The files of a run directory that this file can read, fastest and most exact first.
.glovebox_names <- c("vectors.safetensors", "vectors.bin", "vectors.npy", "vectors.txt",
                     "vectors.tsv")

#' Word vectors as a matrix.
#'
#' @param path A file of vectors, or the directory of a run.
#' @param words For .npy: the file with the words, one a line [vocab.txt beside it].
#' @return A numeric matrix with one row a word; rownames are the words.
glovebox_vectors <- function(path, words = NULL) {
    path <- .glovebox_path(path)
    if (dir.exists(path)) {
        found <- file.path(path, .glovebox_names)
        found <- found[file.exists(found)]
        if (length(found) == 0) {
            other <- list.files(path, "^vectors[.](db|ft[.]bin)$")
            if (length(other) > 0)
                stop(path, ": base R cannot read ", other[1], "; run glove-convert ",
                     file.path(path, other[1]), " vectors.safetensors", call. = FALSE)
            stop(path, ": there are no vectors (is this the directory of a finished run?)",
                 call. = FALSE)
        }
        path <- found[1]
    }
    .glovebox_named(path, {
        format <- .glovebox_format(path, .glovebox_head(path))
        if (format %in% c("safetensors", "npy") && .glovebox_compressed(path))
            stop("decompress the file first: only text and word2vec's format may be compressed")
        switch(format,
               safetensors = .glovebox_safetensors(path),
               npy = .glovebox_npy(path, words),
               projector = .glovebox_projector(path),
               binary = .glovebox_binary(path),
               text = .glovebox_text(path))
    })
}

# Errors of R itself, as from damaged numbers in a header, name the file, too.
.glovebox_named <- function(path, expression) {
    tryCatch(expression, error = function(e) {
        message <- conditionMessage(e)
        named <- startsWith(message, paste0(path, ":"))
        stop(if (!named) paste0(path, ": "), message, call. = FALSE)
    })
}

.glovebox_compressed <- function(path) {
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    start <- readBin(con, "raw", 6)
    .glovebox_begins(start, c(0x1f, 0x8b)) || .glovebox_begins(start, charToRaw("BZh")) ||
        .glovebox_begins(start, c(0xfd, 0x37, 0x7a, 0x58, 0x5a))
}

.glovebox_path <- function(path) {
    if (!is.character(path) || length(path) != 1 || is.na(path))
        stop("the path must be one string", call. = FALSE)
    path <- path.expand(path)
    if (!file.exists(path))
        stop(path, ": there is no such file or directory", call. = FALSE)
    path
}

# The first bytes of a file, decompressed.
.glovebox_head <- function(path) {
    con <- gzfile(path, "rb")
    on.exit(close(con))
    readBin(con, "raw", 65536)
}

.glovebox_begins <- function(head, bytes) {
    length(head) >= length(bytes) && all(head[seq_along(bytes)] == as.raw(bytes))
}

.glovebox_format <- function(path, head) {
    refuse <- function(what)
        stop(path, ": ", what, "; run glove-convert ", path, " vectors.safetensors", call. = FALSE)
    if (length(head) == 0)
        stop(path, ": the file is empty", call. = FALSE)
    if (.glovebox_begins(head, charToRaw("SQLite format 3")))
        refuse("base R cannot read SQLite")
    if (.glovebox_begins(head, c(0xba, 0x16, 0x4f, 0x2f)))
        refuse("this is a fastText model, which base R cannot read")
    if (.glovebox_begins(head, c(0x50, 0x4b, 3, 4)))
        refuse("base R cannot read this zip archive")
    if (.glovebox_begins(head, c(0x28, 0xb5, 0x2f, 0xfd)))
        refuse("base R cannot read zstd")
    if (.glovebox_begins(head, charToRaw("GVCOUNTS")))
        stop(path, ": these are counts; use glovebox_counts()", call. = FALSE)
    if (.glovebox_begins(head, c(0x93, charToRaw("NUMPY"))))
        return("npy")
    if (length(head) > 9 && head[9] == charToRaw("{") && head[8] == 0 && head[7] == 0)
        return("safetensors")
    line <- .glovebox_line(head)
    if (grepl("^[0-9]+ [0-9]+$", line) && any(head == 0))
        return("binary")
    if (any(head == 0)) # small numbers of a header line, large matrix: no other format has NULs
        stop(path, ": no format of vectors that this file can read", call. = FALSE)
    if (grepl("[.]tsv$", path) && file.exists(.glovebox_beside(path, "metadata.tsv")) &&
        !grepl("^[0-9]+ [0-9]+$", line))
        return("projector")
    if (grepl("^[0-9]+ [0-9]+$", line) && .glovebox_is_binary(head, line)) "binary" else "text"
}

# Does no text follow the header? Only asked about files without a NUL in their beginning.
.glovebox_is_binary <- function(head, line) {
    rest <- head[-seq_len(nchar(line, "bytes") + 1)]
    any(rest < as.raw(9)) || any(rest > as.raw(13) & rest < as.raw(32))
}

.glovebox_beside <- function(path, name) file.path(dirname(path), name)

# The first line of some bytes, without its end.
.glovebox_line <- function(head) {
    end <- match(as.raw(10), head)
    if (is.na(end)) return("")
    line <- head[seq_len(end - 1)]
    if (any(line == 0)) "" else sub("\r$", "", rawToChar(line), useBytes = TRUE)
}

# Words as R has them: text marked as UTF-8.
.glovebox_utf8 <- function(words) {
    Encoding(words) <- "UTF-8"
    words
}

.glovebox_matrix <- function(rows, dim, words) {
    m <- matrix(NA_real_, rows, dim)
    rownames(m) <- words
    m
}

# How many rows of `dim` numbers are read at a time: some 16 MB.
.glovebox_chunk <- function(dim) max(1, floor(4e6 / dim))

# --- vectors: formats -------------------------------------------------------------------------------

# rows x dim little-endian float32 from a connection.
.glovebox_floats <- function(con, path, rows, dim, words) {
    m <- .glovebox_matrix(rows, dim, words)
    chunk <- .glovebox_chunk(dim)
    for (first in seq(1, length.out = ceiling(rows / chunk), by = chunk)) {
        n <- min(chunk, rows - first + 1)
        x <- readBin(con, "numeric", n * dim, size = 4, endian = "little")
        if (length(x) != n * dim)
            stop(path, ": the file is cut off", call. = FALSE)
        m[seq(first, length.out = n), ] <- matrix(x, n, dim, byrow = TRUE)
    }
    m
}

.glovebox_npy <- function(path, words) {
    bad <- function() stop(path, ": no matrix of float32 in C order", call. = FALSE)
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    start <- readBin(con, "raw", 8)
    size <- readBin(con, "integer", 1, size = if (start[7] == 1) 2 else 4, endian = "little",
                    signed = start[7] != 1)
    header <- rawToChar(readBin(con, "raw", size))
    if (!grepl("'descr': *'<f4'", header) || !grepl("'fortran_order': *False", header)) bad()
    shape <- regmatches(header, regexec("'shape': *\\(([0-9]+), *([0-9]+)\\)", header))[[1]]
    if (length(shape) != 3) bad()
    rows <- as.numeric(shape[2])
    dim <- as.numeric(shape[3])
    if (file.size(path) != length(start) + (if (start[7] == 1) 2 else 4) + size + 4 * rows * dim)
        stop(path, ": its size does not fit its header", call. = FALSE)
    if (is.null(words)) words <- .glovebox_beside(path, "vocab.txt")
    if (!file.exists(words))
        stop(path, ": .npy has no words, and there is no ", words, call. = FALSE)
    names <- .glovebox_words(words)
    if (length(names) == rows - 1) names <- c(names, "<unk>")
    if (length(names) != rows)
        stop(path, ": ", rows, " rows, but ", words, " has ", length(names), " words",
             call. = FALSE)
    .glovebox_floats(con, path, rows, dim, names)
}

# The lines of a file, as bytes.
.glovebox_lines <- function(path) {
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    sub("\r$", "", readLines(con, warn = FALSE, skipNul = TRUE), useBytes = TRUE)
}

# A word a line, perhaps with a number after it, as in vocab.txt.
.glovebox_words <- function(path) {
    lines <- .glovebox_lines(path)
    lines <- lines[nzchar(lines)]
    .glovebox_utf8(sub("[ \t][0-9]+$", "", lines, useBytes = TRUE))
}

.glovebox_safetensors <- function(path) {
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    bytes <- sum(as.numeric(readBin(con, "integer", 8, size = 1, signed = FALSE)) * 256^(0:7))
    if (bytes > file.size(path) - 8)
        stop(path, ": the file is cut off", call. = FALSE)
    header <- .glovebox_json(readBin(con, "raw", bytes), path)
    tensor <- header$embedding
    meta <- header[["__metadata__"]]
    if (is.null(tensor) || !identical(tensor$dtype, "F32") || length(tensor$shape) != 2 ||
        is.null(meta$words))
        stop(path, ": no safetensors file of glovebox (F32 tensor \"embedding\", words in the ",
             "metadata)", call. = FALSE)
    rows <- tensor$shape[[1]]
    dim <- tensor$shape[[2]]
    offsets <- unlist(tensor$data_offsets)
    if (file.size(path) - 8 - bytes < offsets[2] || offsets[2] - offsets[1] != 4 * rows * dim)
        stop(path, ": its size does not fit its header", call. = FALSE)
    words <- .glovebox_utf8(unlist(.glovebox_json(charToRaw(meta$words), path)))
    if (length(words) != rows)
        stop(path, ": ", rows, " rows, but ", length(words), " words", call. = FALSE)
    seek(con, 8 + bytes + offsets[1])
    .glovebox_floats(con, path, rows, dim, words)
}

# word2vec's binary format: "rows dim LF", then for each row the word, a blank, the numbers, and
# perhaps LF.
.glovebox_binary <- function(path) {
    con <- gzfile(path, "rb")
    on.exit(close(con))
    size <- as.numeric(strsplit(.glovebox_read_line(con), " ", fixed = TRUE)[[1]])
    rows <- size[1]
    dim <- size[2]
    .glovebox_fits(path, rows, dim)
    m <- .glovebox_matrix(rows, dim, NULL)
    words <- character(rows)
    buffer <- raw(0)
    done <- 0
    while (done < rows) {
        more <- readBin(con, "raw", 16e6 + 8 * dim)
        buffer <- c(buffer, more)
        cut <- .glovebox_records(buffer, 4 * dim, rows - done)
        n <- length(cut$words)
        if (n == 0 && length(more) == 0)
            stop(path, ": the file is cut off in row ", done + 1, call. = FALSE)
        if (n > 0) {
            at <- rep(cut$numbers, each = 4 * dim) + seq.int(0, 4 * dim - 1)
            x <- readBin(buffer[at], "numeric", n * dim, size = 4, endian = "little")
            m[seq(done + 1, length.out = n), ] <- matrix(x, n, dim, byrow = TRUE)
            words[seq(done + 1, length.out = n)] <- cut$words
            done <- done + n
            buffer <- buffer[-seq_len(cut$numbers[n] + 4 * dim - 1)]
        }
    }
    rownames(m) <- .glovebox_utf8(words)
    m
}

# The first line of a connection, read byte by byte.
.glovebox_read_line <- function(con) {
    line <- raw(0)
    repeat {
        byte <- readBin(con, "raw", 1)
        if (length(byte) == 0 || byte == 10) break
        line <- c(line, byte)
    }
    rawToChar(line)
}

# A header may state anything: refuse what is larger than R's matrices.
.glovebox_fits <- function(path, rows, dim) {
    if (rows < 1 || dim < 1 || rows * dim > 2^48 || rows > 2^31 - 1)
        stop(path, ": ", rows, " rows of ", dim, " numbers cannot be", call. = FALSE)
    # each number takes bytes of the file; gzip makes them a thousand times smaller at most
    if (rows * dim * 2 > 1032 * file.size(path))
        stop(path, ": the file is too short for the ", rows, " rows that it states", call. = FALSE)
}

# The records of `buffer` that are whole, at most `most`: their words, and where their numbers
# begin. Numbers hold bytes that look like blanks, so records are found one after the other.
.glovebox_records <- function(buffer, width, most) {
    blanks <- which(buffer == as.raw(32))
    most <- min(most, floor(length(buffer) / (width + 1)))
    numbers <- numeric(most)
    words <- character(most)
    bytes <- length(buffer)
    last <- length(blanks)
    at <- 1
    i <- 1
    n <- 0
    while (n < most) {
        while (i <= last && blanks[i] < at) i <- i + 1
        if (i > last || blanks[i] + width > bytes) break
        if (buffer[at] == 10) at <- at + 1
        n <- n + 1
        numbers[n] <- blanks[i] + 1
        words[n] <- rawToChar(buffer[seq.int(at, length.out = blanks[i] - at)])
        at <- blanks[i] + width + 1
    }
    list(words = words[seq_len(n)], numbers = numbers[seq_len(n)])
}

# Text: a word and its numbers in each line, perhaps under a header "rows dim". The word is what
# stands before the last `dim` fields, so it may hold blanks.
.glovebox_text <- function(path) {
    head <- .glovebox_clean(.glovebox_head(path))
    line <- .glovebox_line(head)
    header <- grepl("^[0-9]+ [0-9]+ *$", line)
    dim <- if (header) as.numeric(strsplit(line, " ", fixed = TRUE)[[1]])[2]
           else .glovebox_text_dim(path, head)
    m <- .glovebox_matrix(.glovebox_text_rows(path) - header, dim, NULL)
    words <- character(nrow(m))
    state <- list(rest = raw(0), line = as.numeric(header), skip = header)
    con <- gzfile(path, "rb")
    on.exit(close(con))
    done <- 0
    repeat {
        more <- readBin(con, "raw", 16e6)
        bytes <- .glovebox_clean(c(state$rest, more))
        end <- if (length(more) == 0) length(bytes)
               else max(0, grepRaw("\n", bytes, fixed = TRUE, all = TRUE))
        state$rest <- if (end < length(bytes)) bytes[-seq_len(end)] else raw(0)
        bytes <- bytes[seq_len(end)]
        if (state$skip && end > 0) {
            bytes <- bytes[-seq_len(match(as.raw(10), bytes, length(bytes)))]
            state$skip <- FALSE
        }
        if (length(bytes) > 0) {
            rows <- .glovebox_text_rows_of(bytes, dim, path, state$line)
            n <- length(rows$words)
            m[seq(done + 1, length.out = n), ] <- matrix(rows$numbers, n, dim, byrow = TRUE)
            words[seq(done + 1, length.out = n)] <- rows$words
            done <- done + n
            state$line <- state$line + rows$lines
        }
        if (length(more) == 0) break
    }
    if (done == 0) stop(path, ": there is no vector in it", call. = FALSE)
    stated <- if (header) as.numeric(strsplit(line, " ", fixed = TRUE)[[1]])[1] else done
    # the reference's -write-header leaves <unk> out
    if (done != stated && !(done == stated + 1 && words[done] == "<unk>"))
        stop(path, ": the header states ", stated, " rows, but there are ", done, call. = FALSE)
    if (done < nrow(m)) m <- m[seq_len(done), , drop = FALSE]
    rownames(m) <- .glovebox_utf8(words[seq_len(done)])
    keep <- nzchar(rownames(m))
    if (all(keep)) return(m)
    warning(path, ": ", sum(!keep), " rows without a word are left out", call. = FALSE)
    m[keep, , drop = FALSE]
}

# One kind of blank and of line end; no byte order mark.
.glovebox_clean <- function(bytes) {
    if (.glovebox_begins(bytes, c(0xef, 0xbb, 0xbf))) bytes <- bytes[-(1:3)]
    tabs <- grepRaw("\t", bytes, fixed = TRUE, all = TRUE)
    bytes[tabs] <- as.raw(32)
    returns <- grepRaw("\r", bytes, fixed = TRUE, all = TRUE)
    bytes[returns] <- as.raw(32) # before LF it is white space at the end of a line
    bytes
}

# The number of lines.
.glovebox_text_rows <- function(path) {
    con <- gzfile(path, "rb")
    on.exit(close(con))
    lines <- 0
    last <- as.raw(10)
    repeat {
        bytes <- readBin(con, "raw", 16e6)
        if (length(bytes) == 0) break
        if (any(bytes == as.raw(0))) stop(path, ": there is a NUL in a text", call. = FALSE)
        lines <- lines + length(grepRaw("\n", bytes, fixed = TRUE, all = TRUE))
        last <- bytes[length(bytes)]
    }
    lines + (last != 10)
}

# How many numbers most of the first lines end in.
.glovebox_text_dim <- function(path, head) {
    end <- max(0, grepRaw("\n", head, fixed = TRUE, all = TRUE))
    if (end == 0) { # a line of more than 64 KB, or a last line without its end
        con <- gzfile(path, "rb")
        on.exit(close(con))
        head <- charToRaw(readLines(con, 1, warn = FALSE))
        end <- length(head)
    }
    con <- rawConnection(head[seq_len(end)])
    lines <- readLines(con, 1000, warn = FALSE)
    close(con)
    lines <- gsub(" +", " ", lines[nzchar(lines)], useBytes = TRUE)
    lines <- sub(" $", "", lines, useBytes = TRUE)
    numbers <- vapply(strsplit(lines, " ", fixed = TRUE, useBytes = TRUE),
                      function(fields) {
                          sum(cumsum(!rev(.glovebox_is_number(fields[-1]))) == 0)
                      }, 0)
    numbers <- numbers[numbers > 0]
    if (length(numbers) == 0)
        stop(path, ": no vectors: no line is a word and numbers", call. = FALSE)
    as.numeric(names(which.max(table(numbers))))
}

.glovebox_is_number <- function(fields)
    !is.na(suppressWarnings(as.numeric(fields))) |
        grepl("^[-+]?nan$", fields, ignore.case = TRUE, useBytes = TRUE)

# Words and numbers of whole lines; `line` lines are before them.
.glovebox_text_rows_of <- function(bytes, dim, path, line) {
    bytes <- .glovebox_squeeze(bytes)
    ends <- grepRaw("\n", bytes, fixed = TRUE, all = TRUE)
    starts <- c(1, ends[-length(ends)] + 1)
    full <- ends > starts
    number <- line + seq_along(ends)
    lines <- length(ends)
    starts <- starts[full]
    blanks <- c(grepRaw(" ", bytes, fixed = TRUE, all = TRUE))
    upto <- findInterval(ends[full], blanks)
    before <- findInterval(starts - 1, blanks)
    short <- which(upto - before < dim)
    if (length(short) > 0)
        stop(path, ": line ", number[full][short[1]], ": expected a word and ", dim, " numbers",
             call. = FALSE)
    if (length(starts) == 0) return(list(words = character(0), numbers = numeric(0), lines = lines))
    word_ends <- blanks[upto - dim + 1]
    length <- word_ends - starts + 1
    at <- rep(starts - c(0, cumsum(length)[-length(length)]), length) + seq_len(sum(length)) - 1
    text <- bytes[at]
    text[cumsum(length)] <- as.raw(10)
    bytes[at] <- as.raw(32)
    numbers <- .glovebox_scan(bytes)
    if (length(numbers) != dim * length(starts) || any(is.na(numbers) & !is.nan(numbers)))
        .glovebox_bad_line(path, bytes, line)
    list(words = .glovebox_raw_lines(text), numbers = numbers, lines = lines)
}

# No blanks before LF, no two blanks in a row; ends in LF.
.glovebox_squeeze <- function(bytes) {
    if (bytes[length(bytes)] != 10) bytes <- c(bytes, as.raw(10))
    repeat {
        blanks <- grepRaw(" ", bytes, fixed = TRUE, all = TRUE)
        after <- bytes[blanks + 1]
        surplus <- blanks[after == as.raw(32) | after == as.raw(10)]
        if (length(surplus) == 0) return(bytes)
        bytes <- bytes[-surplus]
    }
}

# Numbers between white space; nothing if one of them is none.
.glovebox_scan <- function(bytes) {
    con <- rawConnection(bytes)
    on.exit(close(con))
    tryCatch(scan(con, what = double(), quiet = TRUE, comment.char = "", quote = "",
                  na.strings = character(0)), error = function(e) numeric(0))
}

.glovebox_bad_line <- function(path, bytes, line) {
    lines <- .glovebox_raw_lines(bytes)
    for (i in seq_along(lines)) {
        fields <- strsplit(lines[i], " ", fixed = TRUE, useBytes = TRUE)[[1]]
        fields <- fields[nzchar(fields)]
        bad <- which(!.glovebox_is_number(fields))
        if (length(bad) > 0)
            stop(path, ": line ", line + i, ": \"", fields[bad[1]], "\" is not a number",
                 call. = FALSE)
    }
    stop(path, ": damaged after line ", line, call. = FALSE)
}

.glovebox_raw_lines <- function(bytes) {
    con <- rawConnection(bytes)
    on.exit(close(con))
    readLines(con, warn = FALSE)
}

.glovebox_projector <- function(path) {
    words <- .glovebox_utf8(.glovebox_lines(.glovebox_beside(path, "metadata.tsv")))
    con <- gzfile(path, "rb")
    dim <- length(strsplit(.glovebox_read_line(con), "\t", fixed = TRUE)[[1]])
    close(con)
    numbers <- scan(path, what = double(), sep = "\t", quiet = TRUE, comment.char = "", quote = "")
    if (length(numbers) != dim * length(words))
        stop(path, ": its rows do not fit the words of metadata.tsv", call. = FALSE)
    matrix(numbers, length(words), dim, byrow = TRUE, dimnames = list(words, NULL))
}

# --- JSON: the headers of safetensors ---------------------------------------------------------------

# Bytes of JSON as lists, strings and numbers. Fast for long arrays of strings. Control characters in
# strings become blanks.
.glovebox_json <- function(bytes, path) {
    bytes[bytes < as.raw(32)] <- as.raw(32)
    slashes <- .glovebox_slashes(bytes)
    quotes <- grepRaw("\"", bytes, fixed = TRUE, all = TRUE)
    quotes <- quotes[!(quotes %in% (slashes + 1))]
    if (length(quotes) %% 2 == 1) stop(path, ": its header is no JSON", call. = FALSE)
    bytes[quotes] <- as.raw(10)
    pieces <- .glovebox_raw_lines(c(.glovebox_unescape(bytes, slashes), as.raw(10)))
    strings <- pieces[seq_along(pieces) %% 2 == 0]
    between <- gsub(" ", "", pieces[seq_along(pieces) %% 2 == 1], fixed = TRUE)
    n <- length(strings)
    if (n > 1 && between[1] == "[" && between[n + 1] == "]" && all(between[2:n] == ","))
        return(as.list(strings))
    .glovebox_json_value(strings, between, path)
}

# Backslashes that escape: of a row of them the first, the third, ...
.glovebox_slashes <- function(bytes) {
    at <- grepRaw("\\", bytes, fixed = TRUE, all = TRUE)
    if (length(at) == 0) return(numeric(0))
    first <- c(TRUE, diff(at) != 1)
    start <- at[first][cumsum(first)]
    at[(at - start) %% 2 == 0]
}

.glovebox_unescape <- function(bytes, slashes) {
    if (length(slashes) == 0) return(bytes)
    kind <- rawToChar(bytes[slashes + 1], multiple = TRUE)
    drop <- slashes[kind != "u"]
    control <- slashes[kind %in% c("n", "r", "t", "b", "f")]
    bytes[control + 1] <- as.raw(32)
    at <- slashes[kind == "u"]
    if (length(at) > 0) {
        digits <- matrix(bytes[rep(at, each = 4) + 2:5], 4)
        code <- strtoi(apply(digits, 2, rawToChar), 16L)
        # a pair of surrogates stands for one character
        low <- c(FALSE, diff(at) == 6 & code[-1] >= 0xdc00 & code[-1] < 0xe000 &
                 code[-length(code)] >= 0xd800 & code[-length(code)] < 0xdc00)
        high <- c(low[-1], FALSE)
        code[high] <- (code[high] - 0xd800) * 1024 + code[which(high) + 1] - 0xdc00 + 0x10000
        code[code < 32] <- 32
        text <- lapply(code[!low], function(c) charToRaw(intToUtf8(c)))
        room <- (6 + 6 * high)[!low]
        size <- lengths(text)
        to <- at[!low]
        bytes[rep(to, size) + sequence(size) - 1] <- unlist(text)
        drop <- c(drop, rep(to + size, room - size) + sequence(room - size) - 1)
    }
    bytes[-drop]
}

# What the strings and the bytes between them mean.
.glovebox_json_value <- function(strings, between, path) {
    tokens <- regmatches(between, gregexpr("[][{},:]|[^][{},:]+", between))
    token <- unlist(lapply(seq_along(tokens), function(i)
        c(tokens[[i]], if (i <= length(strings)) "\"")))
    text <- strings
    at <- 0
    nth <- 0
    bad <- function() stop(path, ": its header is no JSON", call. = FALSE)
    take <- function() {
        at <<- at + 1
        if (at > length(token)) bad()
        token[at]
    }
    string <- function() {
        nth <<- nth + 1
        text[nth]
    }
    value <- function(first = take()) {
        switch(first, "{" = object(), "[" = array(), "\"" = string(), ":" = bad(), "," = bad(),
               "}" = bad(), "]" = bad(),
               if (grepl("^[-+0-9.eE]+$", first)) as.numeric(first) else first)
    }
    object <- function() {
        result <- list()
        key <- take()
        while (key != "}") {
            if (key != "\"") bad()
            name <- string()
            if (take() != ":") bad()
            result[[name]] <- value()
            key <- take()
            if (key == ",") key <- take() else if (key != "}") bad()
        }
        result
    }
    array <- function() {
        result <- list()
        first <- take()
        while (first != "]") {
            result[[length(result) + 1]] <- value(first)
            first <- take()
            if (first == ",") first <- take() else if (first != "]") bad()
        }
        result
    }
    value()
}

# --- the vocabulary ---------------------------------------------------------------------------------

#' How often each word occurs in the corpus: the vocabulary, in its order.
#'
#' @param path vocab.txt, or the directory of a run.
#' @return A numeric vector; its names are the words.
glovebox_vocab <- function(path) {
    path <- .glovebox_path(path)
    if (dir.exists(path)) path <- .glovebox_path(file.path(path, "vocab.txt"))
    lines <- .glovebox_lines(path)
    bad <- grep("^[^ \t]+[ \t][0-9]+$", lines, useBytes = TRUE, invert = TRUE)
    if (length(lines) == 0) stop(path, ": the file is empty", call. = FALSE)
    if (length(bad) > 0)
        stop(path, ": line ", bad[1], ": expected a word and its count", call. = FALSE)
    count <- as.numeric(sub("^[^ \t]+[ \t]", "", lines, useBytes = TRUE))
    names(count) <- .glovebox_utf8(sub("[ \t][0-9]+$", "", lines, useBytes = TRUE))
    count
}

# --- counts -----------------------------------------------------------------------------------------

#' The co-occurrence matrix X as a sparse matrix of the package Matrix.
#'
#' Row i, column j is X(i, j): how much word j occurs near word i. It is a dsCMatrix if the window is
#' symmetric, which holds one half (as(x, "generalMatrix") gives the other), else a dgCMatrix. The
#' numbers are cell / unit, as in `glove-convert counts-export`. Some 3 million cells a second.
#'
#' @param path counts.bin, or the directory of a run.
#' @param vocab The vocabulary that belongs to it [vocab.txt beside it]; FALSE: no names.
glovebox_counts <- function(path, vocab = NULL) {
    if (!requireNamespace("Matrix", quietly = TRUE))
        stop("glovebox_counts needs the package Matrix", call. = FALSE)
    path <- .glovebox_path(path)
    if (dir.exists(path)) path <- .glovebox_path(file.path(path, "counts.bin"))
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    total <- .glovebox_counts_trailer(path)
    info <- .glovebox_counts_header(con, path)
    if (is.null(vocab)) vocab <- .glovebox_beside(path, "vocab.txt")
    names <- if (identical(vocab, FALSE)) NULL else names(glovebox_vocab(vocab))
    if (!is.null(names) && length(names) != info$words)
        stop(path, ": counts of ", info$words, " words, but ", vocab, " has ", length(names),
             call. = FALSE)
    read <- .glovebox_named(path, .glovebox_counts_cells(con, path, info, total))
    # rows as they are stored are the columns of a sparse matrix: of the lower half, or transposed
    make <- function(type, ...)
        methods::new(type, i = read$column, p = as.integer(c(0, cumsum(read$cells))),
                     x = read$value, Dim = rep(as.integer(info$words), 2),
                     Dimnames = list(names, names), ...)
    if (info$symmetric) make("dsCMatrix", uplo = "L") else Matrix::t(make("dgCMatrix"))
}

.glovebox_u32 <- function(con, n = 1) {
    x <- readBin(con, "integer", n, size = 4, endian = "little")
    ifelse(x < 0, x + 2^32, x)
}

# As a double: exact below 2^53.
.glovebox_u64 <- function(con, n = 1) {
    x <- matrix(.glovebox_u32(con, 2 * n), 2)
    x[1, ] + x[2, ] * 2^32
}

.glovebox_counts_header <- function(con, path) {
    if (!.glovebox_begins(readBin(con, "raw", 8), charToRaw("GVCOUNTS")))
        stop(path, ": no counts of glovebox (for other matrices: Matrix::readMM, or glove-convert ",
             "counts-import)", call. = FALSE)
    fields <- .glovebox_u32(con, 4)
    if (fields[1] != 1)
        stop(path, ": format version ", fields[1], "; this file reads version 1", call. = FALSE)
    if (fields[2] > 1) stop(path, ": unknown flags ", fields[2], call. = FALSE)
    unit <- .glovebox_u64(con)
    readBin(con, "raw", 16)
    recipe <- .glovebox_u64(con)
    if (unit < 1 || fields[3] < 1 || fields[3] > 2^31 - 1 || recipe > file.size(path))
        stop(path, ": the header is damaged", call. = FALSE)
    readBin(con, "raw", recipe + 8)
    list(symmetric = fields[2] == 1, words = fields[3], unit = unit, start = 64 + recipe)
}

# The totals at the end of the file.
.glovebox_counts_trailer <- function(path) {
    size <- file.size(path)
    con <- file(path, "rb", raw = TRUE)
    on.exit(close(con))
    if (!.glovebox_begins(readBin(con, "raw", 8), charToRaw("GVCOUNTS")))
        return(NULL) # the header says what it is
    if (size >= 128) seek(con, size - 64)
    if (size < 128 || !.glovebox_begins(readBin(con, "raw", 8), charToRaw("GVCNTEND")))
        stop(path, ": the file is cut off or damaged (no trailer); run glove-cooccur --force",
             call. = FALSE)
    totals <- .glovebox_u64(con, 3)
    if (totals[3] > size / 2) stop(path, ": the trailer is damaged", call. = FALSE)
    if (totals[3] > 2^31 - 1)
        stop(path, ": ", totals[3], " cells are more than a sparse matrix of R holds; ",
             "glove-convert counts-export writes other formats", call. = FALSE)
    list(blocks = totals[1], cells = totals[3])
}

.glovebox_counts_cells <- function(con, path, info, total) {
    damaged <- function() stop(path, ": damaged; run glove-cooccur --force", call. = FALSE)
    column <- integer(total$cells)
    value <- numeric(total$cells)
    cells <- integer(info$words)
    done <- 0
    last <- -1
    end <- file.size(path) - 64 # where the trailer begins
    at <- info$start
    for (block in seq_len(total$blocks)) {
        if (at + 40 > end || !.glovebox_begins(readBin(con, "raw", 4), charToRaw("ROWS"))) damaged()
        rows <- .glovebox_u32(con)
        bytes <- .glovebox_u64(con)
        n <- .glovebox_u64(con)
        readBin(con, "raw", 8)
        at <- at + 40 + bytes
        if (at > end || done + n > total$cells || rows > n || n < 1) damaged()
        read <- .glovebox_counts_block(readBin(con, "raw", bytes), rows, info$symmetric)
        if (is.null(read) || sum(read$cells) != n || read$row[1] <= last ||
            is.unsorted(read$row, strictly = TRUE) || read$row[rows] >= info$words ||
            max(read$column) >= info$words) damaged()
        readBin(con, "raw", 8)
        to <- seq(done + 1, length.out = n)
        column[to] <- as.integer(read$column)
        value[to] <- read$value / info$unit
        cells[read$row + 1] <- as.integer(read$cells)
        done <- done + n
        last <- read$row[rows]
    }
    if (done != total$cells || at != end) damaged()
    list(column = column, value = value, cells = cells)
}

# The rows of a block: their ids and numbers of cells, and the column and value of each cell. NULL:
# the bytes are no such rows.
.glovebox_counts_block <- function(payload, rows, symmetric) {
    varint <- .glovebox_varints(payload)
    x <- varint$value
    row <- cells <- first <- numeric(rows)
    at <- 1
    for (k in seq_len(rows)) {
        if (at + 4 > length(x)) return(NULL)
        row[k] <- x[at]
        cells[k] <- x[at + 1]
        first[k] <- at + 3
        following <- at + 3 + 2 * cells[k]
        if (cells[k] < 1 || following > length(x) + 1 ||
            varint$end[following - 1] - varint$end[at + 2] != x[at + 2]) return(NULL)
        at <- following
    }
    if (at != length(x) + 1) return(NULL)
    start <- cumsum(c(1, cells[-rows]))
    gap <- rep(first - 2 * start, cells) + 2 * seq_len(sum(cells))
    value <- x[gap + 1]
    column <- cumsum(x[gap] + 1)
    before <- c(0, column[start[-1] - 1])
    column <- column - rep(before + 1 - (if (symmetric) row else 0), cells)
    list(row = row, cells = cells, column = column, value = value)
}

# LEB128 numbers, and where each ends.
.glovebox_varints <- function(payload) {
    byte <- as.integer(payload)
    end <- which(byte < 128L)
    start <- c(1L, end[-length(end)] + 1L)
    more <- end - start
    value <- as.numeric(byte[start] %% 128L)
    k <- 1
    longer <- which(more >= 1)
    while (length(longer) > 0 && k <= 9) {
        value[longer] <- value[longer] + (byte[start[longer] + k] %% 128L) * 128^k
        k <- k + 1
        longer <- longer[more[longer] >= k]
    }
    list(value = value, end = end)
}

# --- questions --------------------------------------------------------------------------------------

#' The nearest words by cosine, best first; neither the words of the question nor <unk>.
#'
#' @param v A matrix of glovebox_vectors.
#' @param query A word, several words (their sum, each scaled to length 1), or a numeric vector.
#' @param top How many.
#' @return A data frame with the columns word and score.
glovebox_nearest <- function(v, query, top = 10) {
    if (is.character(query)) {
        rows <- .glovebox_rows(v, query)
        query <- colSums(.glovebox_unit(v[rows, , drop = FALSE]))
    } else {
        rows <- integer(0)
        if (length(query) != ncol(v))
            stop("the vector has ", length(query), " numbers, the words have ", ncol(v),
                 call. = FALSE)
    }
    .glovebox_best(v, query / sqrt(sum(query^2)), rows, top)
}

#' "a is to b as c is to ?" by 3CosAdd: the score is cos(x, b) - cos(x, a) + cos(x, c).
glovebox_analogy <- function(v, a, b, c, top = 10) {
    rows <- .glovebox_rows(v, base::c(a, b, c))
    unit <- .glovebox_unit(v[rows, , drop = FALSE])
    .glovebox_best(v, unit[2, ] - unit[1, ] + unit[3, ], rows, top)
}

#' The cosine of two words.
glovebox_similarity <- function(v, a, b) {
    unit <- .glovebox_unit(v[.glovebox_rows(v, base::c(a, b)), , drop = FALSE])
    sum(unit[1, ] * unit[2, ])
}

.glovebox_rows <- function(v, words) {
    rows <- match(enc2utf8(words), rownames(v))
    if (anyNA(rows)) {
        word <- words[is.na(rows)][1]
        lower <- tolower(word)
        hint <- if (lower != word && lower %in% rownames(v)) paste0("; there is '", lower, "'")
        stop("no vector for '", word, "'", hint, call. = FALSE)
    }
    rows
}

.glovebox_unit <- function(rows) rows / sqrt(rowSums(rows^2))

.glovebox_best <- function(v, query, excluded, top) {
    squares <- numeric(nrow(v)) # by columns, so that no second matrix is made
    for (j in seq_len(ncol(v))) squares <- squares + v[, j]^2
    score <- drop(v %*% query) / sqrt(squares)
    score[excluded] <- NA
    score[rownames(v) == "<unk>"] <- NA
    best <- order(score, decreasing = TRUE, na.last = NA)
    best <- best[seq_len(min(top, length(best)))]
    data.frame(word = rownames(v)[best], score = unname(score[best]), stringsAsFactors = FALSE)
}
