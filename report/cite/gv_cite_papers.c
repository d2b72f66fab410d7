#include "report/cite/gv_cite_papers.h"

#define PROCEEDINGS(key, authors, title, book, year)                                               \
    "@inproceedings{" key ",\n  author = {" authors "},\n  title = {" title                        \
    "},\n  booktitle = {" book "},\n  year = {" year "}\n}\n"
#define ARTICLE(key, authors, title, journal, year)                                                \
    "@article{" key ",\n  author = {" authors "},\n  title = {" title "},\n  journal = {" journal  \
    "},\n  year = {" year "}\n}\n"

const gv_cite_papers gv_cite_papers_table[GV_CITE_PAPERS] = {
    [GV_CITE_PAPERS_GLOVE] =
        {"pennington2014glove", "Pennington et al. 2014",
         PROCEEDINGS("pennington2014glove",
                     "Pennington, Jeffrey and Socher, Richard and Manning, Christopher D.",
                     "{GloVe}: Global Vectors for Word Representation",
                     "Proceedings of the 2014 Conference on Empirical Methods in Natural Language "
                     "Processing ({EMNLP})",
                     "2014")},
    [GV_CITE_PAPERS_SGNS] =
        {"mikolov2013distributed", "Mikolov et al. 2013b",
         PROCEEDINGS("mikolov2013distributed",
                     "Mikolov, Tomas and Sutskever, Ilya and Chen, Kai and Corrado, Greg S. and "
                     "Dean, Jeffrey",
                     "Distributed Representations of Words and Phrases and their Compositionality",
                     "Advances in Neural Information Processing Systems 26", "2013")},
    [GV_CITE_PAPERS_CBOW] = {"mikolov2013efficient", "Mikolov et al. 2013a",
                             PROCEEDINGS(
                                 "mikolov2013efficient",
                                 "Mikolov, Tomas and Chen, Kai and Corrado, Greg and Dean, Jeffrey",
                                 "Efficient Estimation of Word Representations in Vector Space",
                                 "Workshop Proceedings of the International Conference on Learning "
                                 "Representations ({ICLR})",
                                 "2013")},
    [GV_CITE_PAPERS_FACTORISATION] = {"levy2014neural", "Levy and Goldberg 2014a",
                                      PROCEEDINGS(
                                          "levy2014neural", "Levy, Omer and Goldberg, Yoav",
                                          "Neural Word Embedding as Implicit Matrix Factorization",
                                          "Advances in Neural Information Processing Systems 27",
                                          "2014")},
    [GV_CITE_PAPERS_ADAGRAD] =
        {"duchi2011adaptive", "Duchi et al. 2011",
         ARTICLE("duchi2011adaptive", "Duchi, John and Hazan, Elad and Singer, Yoram",
                 "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
                 "Journal of Machine Learning Research", "2011")},
    [GV_CITE_PAPERS_HOGWILD] =
        {"recht2011hogwild", "Recht et al. 2011",
         PROCEEDINGS("recht2011hogwild",
                     "Recht, Benjamin and R{\\'e}, Christopher and Wright, Stephen and Niu, Feng",
                     "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent",
                     "Advances in Neural Information Processing Systems 24", "2011")},
    [GV_CITE_PAPERS_DOWNPOUR] =
        {"dean2012large", "Dean et al. 2012",
         PROCEEDINGS("dean2012large",
                     "Dean, Jeffrey and Corrado, Greg S. and Monga, Rajat and others",
                     "Large Scale Distributed Deep Networks",
                     "Advances in Neural Information Processing Systems 25", "2012")},
    [GV_CITE_PAPERS_MITTENS] =
        {"dingwall2018mittens", "Dingwall and Potts 2018",
         PROCEEDINGS("dingwall2018mittens", "Dingwall, Nicholas and Potts, Christopher",
                     "Mittens: an Extension of {GloVe} for Learning Domain-Specialized "
                     "Representations",
                     "Proceedings of {NAACL-HLT} 2018, Volume 2 (Short Papers)", "2018")},
    [GV_CITE_PAPERS_NPMI] =
        {"bouma2009normalized", "Bouma 2009",
         PROCEEDINGS("bouma2009normalized", "Bouma, Gerlof",
                     "Normalized (Pointwise) Mutual Information in Collocation Extraction",
                     "Proceedings of the Biennial {GSCL} Conference", "2009")},
    [GV_CITE_PAPERS_SUBWORDS] =
        {"bojanowski2017enriching", "Bojanowski et al. 2017",
         ARTICLE("bojanowski2017enriching",
                 "Bojanowski, Piotr and Grave, Edouard and Joulin, Armand and Mikolov, Tomas",
                 "Enriching Word Vectors with Subword Information",
                 "Transactions of the Association for Computational Linguistics", "2017")},
    [GV_CITE_PAPERS_BAG_OF_SUBWORDS] =
        {"zhao2018generalizing", "Zhao et al. 2018",
         PROCEEDINGS("zhao2018generalizing", "Zhao, Jinman and Mudgal, Sidharth and Liang, Yingyu",
                     "Generalizing Word Embeddings using Bag of Subwords",
                     "Proceedings of the 2018 Conference on Empirical Methods in Natural Language "
                     "Processing ({EMNLP})",
                     "2018")},
    [GV_CITE_PAPERS_COSADD] =
        {"levy2014linguistic", "Levy and Goldberg 2014b",
         PROCEEDINGS("levy2014linguistic", "Levy, Omer and Goldberg, Yoav",
                     "Linguistic Regularities in Sparse and Explicit Word Representations",
                     "Proceedings of the Eighteenth Conference on Computational Natural Language "
                     "Learning ({CoNLL})",
                     "2014")},
    [GV_CITE_PAPERS_OUTLIERS] =
        {"camacho2016find", "Camacho-Collados and Navigli 2016",
         PROCEEDINGS("camacho2016find", "Camacho-Collados, Jos{\\'e} and Navigli, Roberto",
                     "Find the Word that Does Not Belong: A Framework for an Intrinsic Evaluation "
                     "of Word Vector Representations",
                     "Proceedings of the 1st Workshop on Evaluating Vector-Space Representations "
                     "for {NLP}",
                     "2016")},
    [GV_CITE_PAPERS_CLUSTERS] = {
        "baroni2014count", "Baroni et al. 2014",
        PROCEEDINGS("baroni2014count",
                    "Baroni, Marco and Dinu, Georgiana and Kruszewski, Germ{\\'a}n",
                    "Don't count, predict! A systematic comparison of context-counting vs. "
                    "context-predicting semantic vectors",
                    "Proceedings of the 52nd Annual Meeting of the Association for Computational "
                    "Linguistics ({ACL})",
                    "2014")}};
