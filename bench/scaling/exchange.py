"""Bytes that counting and its vocabulary send on many ranks, and what waits in memory, computed.

    python3 bench/scaling/exchange.py [GIGABYTES_OF_COUNTS [GIGABYTES_OF_THE_VOCABULARY_RUN]]

A rank counts 1/R of the text, in a run of S / R^0.7 bytes, S being those of counts.bin (0.69 to 0.70
measured, docs/measurements/scaling.md). It sends the bands that others own, (R - 1) / R of the run,
and then, merged, its share of counts.bin to rank 0. A vocabulary run, of V / R^0.55 bytes, goes to
rank 0 as it is. Waiting: messages of ranks that are ahead, lib/dist/gv_rank_steps.c.
"""

import sys

CHUNK, CHUNKS_ALL, OUTSTANDING = 1 << 20, 1 << 24, 4
RUN, VOCABULARY = 0.7, 0.55


def row(ranks, counts, vocabulary):
    run = counts / ranks**RUN
    others = (ranks - 1) / ranks
    sent = ranks * run * others + counts * others
    waiting = ranks // 2 * OUTSTANDING * min(CHUNK, CHUNKS_ALL // ranks)
    return [ranks, run, sent, sent / ranks, counts * others,
            (ranks - 1) * vocabulary / ranks**VOCABULARY, waiting / 2**20]


def main():
    counts = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1229
    vocabulary = float(sys.argv[2]) if len(sys.argv) > 2 else 0.00122
    print("| ranks | GB: run of a rank | sent by all | by a rank | to rank 0 | vocabulary, all "
          "| MiB waiting, at most |")
    print("|---" * 7 + "|")
    for ranks in [1, 2, 3, 4, 8, 16, 32, 64, 128, 256]:
        print("| " + " | ".join(f"{value:.3g}" for value in row(ranks, counts, vocabulary)) + " |")


if __name__ == "__main__":
    main()
