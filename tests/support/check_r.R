# bindings/r/glovebox.R against the programs. Usage: Rscript check_r.R GLOVEBOX.R
# The working directory has run/ and left/, finished runs with symmetric and asymmetric counts, the
# first with vectors in all formats, and o.txt, vectors of odd words. Prints what agrees; an error
# at the first difference.
source(commandArgs(TRUE)[1])

expect <- function(what, condition) if (!isTRUE(condition)) stop("not so: ", what, call. = FALSE)

expect_error <- function(text, expression) {
    got <- tryCatch({ expression; "no error" }, error = conditionMessage)
    expect(paste0("'", text, "' in '", got, "'"), grepl(text, got, fixed = TRUE))
}

shell <- function(...) {
    expect(paste(...), system(paste(...)) == 0)
}

query <- function(...) {
    line <- system(paste("glove-query --run-dir run --json", ...), intern = TRUE)
    .glovebox_json(charToRaw(line), "glove-query")
}

same_answers <- function(what, ours, theirs) {
    expect(what, identical(ours$word, vapply(theirs, `[[`, "", "word")))
    expect(what, max(abs(ours$score - vapply(theirs, `[[`, 0, "score"))) < 1e-6)
}

vectors <- function() {
    v <- glovebox_vectors("run")
    words <- names(glovebox_vocab("run"))
    expect("rows are words", identical(rownames(v), c(words, "<unk>")) && ncol(v) == 12)
    shell("gzip -k run/vectors.txt && glove-convert --header --progress none run/vectors.txt h.txt")
    shell("sed 's/$/ \\r/; s/ /\\t/2' run/vectors.txt > odd.txt && printf '\\n\\n' >> odd.txt")
    shell("glove-convert --progress none run/vectors.bin run/vectors.tsv")
    for (name in c("run/vectors.bin", "run/vectors.npy", "run/vectors.txt", "run/vectors.txt.gz",
                   "run/vectors.tsv", "h.txt", "odd.txt")) {
        w <- glovebox_vectors(name)
        expect(paste(name, "has the words"), identical(rownames(w), rownames(v)))
        exact <- name %in% c("run/vectors.bin", "run/vectors.npy")
        expect(paste(name, "has the numbers"), max(abs(w - v)) <= (if (exact) 0 else 6e-7))
    }
    word <- words[4]
    expect("a row", max(abs(v[word, ] - unlist(query("vector", word)$vector))) < 1e-6)
    cat("vectors agree\n")
}

odd <- function() {
    words <- c("NA", "#", "\"", "'", "1.5", "\u20ac", "new york", "a\\b", "null", "\U1F600", "TRUE")
    Encoding(words) <- "UTF-8"
    text <- paste0(words, " ", seq_along(words), " -1.5", collapse = "\n")
    writeLines(text, "odd.txt", useBytes = TRUE)
    v <- glovebox_vectors("odd.txt")
    expect("odd words", identical(rownames(v), enc2utf8(words)))
    expect("their rows", all(vapply(seq_along(words), function(i) v[words[i], 1] == i, TRUE)))
    shell("glove-convert --progress none odd.txt odd.safetensors")
    expect("safetensors", identical(glovebox_vectors("odd.safetensors"), v))
    shell("sed 's/new york/new_york/' odd.txt > one.txt")
    shell("glove-convert --progress none one.txt one.bin")
    expect("binary", identical(glovebox_vectors("one.bin"), glovebox_vectors("one.txt")))
    # as Python writes JSON: every character but ASCII escaped
    json <- "[\"\\u20ac\", \"a\\\"\\\\\\\",\\\"\", \"\\ud83d\\ude00x\", \"\"]"
    expected <- list("\u20ac", "a\"\\\",\"", "\U1F600x", "")
    got <- lapply(.glovebox_json(charToRaw(json), ""), .glovebox_utf8)
    expect("JSON", identical(got, lapply(expected, enc2utf8)))
    bytes <- glovebox_vectors("o.txt") # a word of it is no UTF-8
    expect("bytes", nrow(bytes) == 10 && identical(rownames(bytes)[7], "new york") &&
                    identical(charToRaw(rownames(bytes)[8]), as.raw(c(0x63, 0x61, 0x66, 0xe9))))
    expect("rows of bytes", all(bytes[, 1] == 0:9))
    writeLines("nan NaN -inf", "n.txt")
    n <- glovebox_vectors("n.txt")
    expect("not finite", is.nan(n["nan", 1]) && n["nan", 2] == -Inf)
    cat("odd words agree\n")
}

questions <- function() {
    v <- glovebox_vectors("run")
    w <- rownames(v)
    for (word in w[1:10])
        same_answers(word, glovebox_nearest(v, word), query("nearest", word)$results)
    same_answers("sum", glovebox_nearest(v, w[2:3], 5),
                 query("--top 5 nearest", w[2], "+", w[3])$results)
    same_answers("analogy", glovebox_analogy(v, w[5], w[6], w[7]),
                 query("analogy", w[5], w[6], w[7])$results)
    expect("similarity", abs(glovebox_similarity(v, w[5], w[6]) -
                             query("similarity", w[5], w[6])$score) < 1e-6)
    expect("a vector", identical(glovebox_nearest(v, v[w[9], ], 1)$word, w[9]))
    expect_error("no vector for 'xyzzy'", glovebox_nearest(v, "xyzzy"))
    expect_error("there is 'the'", glovebox_nearest(v, "THE"))
    cat("questions agree\n")
}

counts <- function() {
    for (dir in c("run", "left")) {
        x <- glovebox_counts(dir)
        shell("glove-convert --progress none counts-export", file.path(dir, "counts.bin"), "x.mtx")
        y <- Matrix::readMM("x.mtx")
        expect("the shape", identical(dim(x), dim(y)))
        d <- Matrix::summary(methods::as(x, "generalMatrix"))
        e <- Matrix::summary(methods::as(y, "generalMatrix"))
        d <- d[order(d$i, d$j), ]
        e <- e[order(e$i, e$j), ]
        expect(paste(dir, "has the same cells"), nrow(d) > 1000 && all(d$i == e$i) && all(d$j == e$j))
        expect(paste(dir, "has the same numbers"), all(d$x == e$x))
        words <- names(glovebox_vocab(dir))
        expect("its words", identical(dimnames(x), list(words, words)))
        expect("its class", class(x) == if (dir == "run") "dsCMatrix" else "dgCMatrix")
        expect("valid", methods::validObject(x))
    }
    x <- glovebox_counts("run/counts.bin")
    theirs <- query("pairs", rownames(x)[3])$results[[1]]
    expect("X", abs(x[rownames(x)[3], theirs$word] - theirs$count) < 1e-9 * theirs$count)
    expect("no names", is.null(rownames(glovebox_counts("run/counts.bin", vocab = FALSE))))
    cat("counts agree\n")
}

# Bytes of a file as R writes them.
change <- function(from, to, at, byte) {
    bytes <- readBin(from, "raw", file.size(from))
    bytes[at] <- as.raw(byte)
    writeBin(bytes, to)
}

damage <- function() {
    expect_error("no such file", glovebox_vectors("nowhere"))
    dir.create("nothing", showWarnings = FALSE)
    expect_error("there are no vectors", glovebox_vectors("nothing"))
    expect_error("base R cannot read SQLite; run glove-convert", glovebox_vectors("run/vectors.db"))
    expect_error("fastText", glovebox_vectors("run/vectors.ft.bin"))
    expect_error("glovebox_counts()", glovebox_vectors("run/counts.bin"))
    expect_error("is not a number", { writeLines("a 1 2\nb 1 x", "bad.txt"); glovebox_vectors("bad.txt") })
    writeLines(c("a  1 2  3 ", "b 1  2 3"), "blanks.txt")
    expect("several blanks", identical(dimnames(glovebox_vectors("blanks.txt"))[[1]], c("a", "b")))
    expect_error("line 3: expected a word and 2 numbers", {
        writeLines(c("a 1 2", "b 1 2", "c 3"), "bad.txt"); glovebox_vectors("bad.txt") })
    expect_error("the header states 3 rows", {
        writeLines(c("3 2", "a 1 2", "b 1 2"), "bad.txt"); glovebox_vectors("bad.txt") })
    expect_error("empty", { file.create("bad.txt"); glovebox_vectors("bad.txt") })
    for (name in c("vectors.bin", "vectors.safetensors", "vectors.npy", "counts.bin")) {
        from <- file.path("run", name)
        bytes <- readBin(from, "raw", file.size(from))
        for (keep in c(20, length(bytes) %/% 2, length(bytes) - 5)) {
            writeBin(bytes[seq_len(keep)], name)
            file.copy("run/vocab.txt", ".")
            got <- tryCatch({ if (name == "counts.bin") glovebox_counts(name) else glovebox_vectors(name)
                              "read" }, error = conditionMessage)
            expect(paste("a cut", name, got), startsWith(got, name))
        }
    }
    size <- file.size("run/counts.bin")
    change("run/counts.bin", "counts.bin", 9, 2)
    expect_error("format version 2", glovebox_counts("counts.bin"))
    change("run/counts.bin", "counts.bin", size - 39, 255) # cells
    expect_error("damaged", glovebox_counts("counts.bin"))
    set.seed(1)
    for (name in c("vectors.bin", "vectors.safetensors", "vectors.npy"))
        for (at in c(sample(1:40, 25), sample(41:400, 10))) {
            change(file.path("run", name), name, at, sample(0:255, 1))
            tryCatch(glovebox_vectors(name),
                     error = function(e) expect(conditionMessage(e), startsWith(conditionMessage(e), name)))
        }
    shell("gzip -kf run/vectors.safetensors")
    expect_error("decompress the file first", glovebox_vectors("run/vectors.safetensors.gz"))
    for (at in sample(600:(size - 64), 40)) { # an error, or a matrix: never a crash
        change("run/counts.bin", "counts.bin", at, sample(0:255, 1))
        tryCatch(glovebox_counts("counts.bin"),
                 error = function(e) expect(conditionMessage(e), grepl("^counts.bin", conditionMessage(e))))
    }
    cat("damage agrees\n")
}

vectors()
odd()
questions()
counts()
damage()
