/*
 * gv_cite_papers - the papers behind the methods of a run, for citations.
 *
 * Threads: the table is constant.
 */
#ifndef GV_CITE_PAPERS_H
#define GV_CITE_PAPERS_H

enum gv_cite_papers_id {
    GV_CITE_PAPERS_GLOVE,
    GV_CITE_PAPERS_SGNS,
    GV_CITE_PAPERS_CBOW,
    GV_CITE_PAPERS_FACTORISATION,
    GV_CITE_PAPERS_ADAGRAD,
    GV_CITE_PAPERS_HOGWILD,
    GV_CITE_PAPERS_DOWNPOUR,
    GV_CITE_PAPERS_MITTENS,
    GV_CITE_PAPERS_NPMI,
    GV_CITE_PAPERS_SUBWORDS,
    GV_CITE_PAPERS_BAG_OF_SUBWORDS,
    GV_CITE_PAPERS_COSADD,
    GV_CITE_PAPERS_OUTLIERS,
    GV_CITE_PAPERS_CLUSTERS,
    GV_CITE_PAPERS
};

typedef struct gv_cite_papers {
    const char *key;   /* of BibTeX: "pennington2014glove" */
    const char *named; /* in a text: "Pennington et al. 2014" */
    const char *bibtex;
} gv_cite_papers;

extern const gv_cite_papers gv_cite_papers_table[GV_CITE_PAPERS];

#endif
