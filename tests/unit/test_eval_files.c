/* Readers of question and similarity files: the forms in which authors publish them are read as
 * meant, with a note, or refused with line and reason. */
#include "base/gv_mem.h"
#include "eval/gv_eval_pairs.h"
#include "eval/gv_eval_questions.h"
#include "support/gv_test.h"

#include <string.h>

/* --- questions -------------------------------------------------------------------------------- */

static gv_eval_questions read_questions(const char *name, const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_questions file;
    const char *path = gv_test_write_text(name, text);
    cr_assert_eq(gv_eval_questions_read(&file, path, &err), GV_OK, "%s\n%s", err.text, text);
    return file;
}

Test(eval_files, questions)
{
    gv_eval_questions file = read_questions("q.txt", "\xef\xbb\xbf: capital cities\r\n"
                                                     "# a comment here too\r\n"
                                                     "Athens Greece Oslo Norway\r\n"
                                                     "\n"
                                                     "  a\tb  c d  \n"
                                                     ": gram1\n"
                                                     ": empty\n"
                                                     "w x y z");
    cr_assert_eq(file.n, 3);
    cr_assert_eq(file.sections, 3);
    cr_assert_str_eq(file.section[0], "capital cities");
    cr_assert_str_eq(file.question[0].word[3], "Norway");
    cr_assert_str_eq(file.question[1].word[0], "a");
    cr_assert_str_eq(file.question[1].word[3], "d");
    cr_assert_eq(file.question[1].section, 0);
    cr_assert_eq(file.question[2].section, 2);
    cr_assert_str_eq(file.question[2].word[3], "z");
    cr_assert_null(file.note, "%s", file.note);
    gv_eval_questions_free(&file);
}

Test(eval_files, questions_without_sections)
{
    gv_eval_questions file = read_questions("gram9-plural.txt", "a b c d\n: late\ne f g h\n");
    cr_assert_eq(file.sections, 2);
    cr_assert_str_eq(file.section[0], "gram9-plural");
    cr_assert_str_eq(file.section[1], "late");
    gv_eval_questions_free(&file);
}

Test(eval_files, questions_in_other_forms)
{
    /* text, what the note says (NULL: none), the first question, the section of the last */
    static const char *const forms[][4] = {
        {"a,b,c,d\nw,x,y,z\n", "line 1 is a header; fields are separated by commas", "w x y z",
         "q"},
        {"a b c d\nw x y z\n", NULL, "a b c d", "q"},
        {"o;p;q;r\n", "semicolons", "o p q r", "q"},
        {"o, p, q, r\n", "commas", "o p q r", "q"},
        {"word1\tword2\tword3\tword4\no\tp\tq\tr\n", "line 1 is a header", "o p q r", "q"},
        {": s\nnew york\tus\tParis\tFrance\nk\tl\tm\tn\n", NULL, "new york us Paris France", "s"},
        {",word1,word2,word3,word4\n0,o,p,q,r\n", "columns 2, 3, 4 and 5", "o p q r", "q"},
        {"1 o p q r\n2 a b c d\n", "columns 2, 3, 4 and 5", "o p q r", "q"},
        {"category,word1,word2,word3,word4\ns,o,p,q,r\nt,o,p,q,r\n", "sections are column 1",
         "o p q r", "t"},
        {"o p q JJ_JJR r\na b c NN_NNS d\n", "sections are column 4", "o p q r", "NN_NNS"},
        {"\"o\",\"p \"\"x\"\"\",q,r\n", "commas", "o p \"x\" q r", "q"},
        {": s\ro p q r\r", NULL, "o p q r", "s"},
        {"  : s\n\to p q r\xc2\xa0\n", NULL, "o p q r", "s"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gv_eval_questions file = read_questions("q.txt", forms[i][0]);
        const char *const *w = file.question[0].word;
        cr_assert_str_eq(gv_test_format("%s %s %s %s", w[0], w[1], w[2], w[3]), forms[i][2]);
        cr_assert_str_eq(file.section[file.question[file.n - 1].section], forms[i][3]);
        if (forms[i][1])
            cr_assert(file.note && strstr(file.note, forms[i][1]), "%s: %s", forms[i][0],
                      file.note ? file.note : "no note");
        else
            cr_assert_null(file.note, "%s: %s", forms[i][0], file.note);
        gv_eval_questions_free(&file);
    }
}

Test(eval_files, pairs_of_words_are_combined)
{
    gv_eval_questions file = read_questions("E01.txt", "a\tb/c\nd\te\nf\tg/h/i\n");
    cr_assert_eq(file.n, 6);
    cr_assert(file.alternatives);
    cr_assert_not_null(strstr(file.note, "3 pairs of words make 6 questions"), "%s", file.note);
    const char *const *w = file.question[1].word;
    cr_assert_str_eq(gv_test_format("%s %s %s %s", w[0], w[1], w[2], w[3]), "a b/c f g/h/i");
    gv_eval_questions_free(&file);
}

Test(eval_files, questions_with_several_answers)
{
    gv_eval_questions file = read_questions("q.txt", "a b c d/e/f\na b c d\na b/x c /\n");
    cr_assert_eq(file.n, 3);
    cr_assert(file.alternatives);
    cr_assert_str_eq(file.note, "1 question has several right answers, with / between them");
    gv_eval_questions_free(&file);
    file = read_questions("q.txt", "a b c /\n");
    cr_assert_not(file.alternatives);
    cr_assert_null(file.note);
    gv_eval_questions_free(&file);
}

static void expect_bad_questions(const char *text, size_t bytes, const char *where)
{
    gv_error err = GV_ERROR_INIT;
    gv_eval_questions file;
    const char *path = gv_test_write("bad.txt", text, bytes);
    cr_assert_eq(gv_eval_questions_read(&file, path, &err), GV_E_CORRUPT, "accepted: %s", text);
    cr_assert_not_null(strstr(err.text, where), "'%s' lacks '%s'", err.text, where);
    cr_assert_null(file.rows.text);
}

Test(eval_files, malformed_questions)
{
    static const char *const bad[][2] = {
        {"", "bad.txt"},
        {": only\n", "no questions"},
        {"# only\n", "no questions"},
        {"a b c d\na b c\n", "bad.txt:2:"},
        {"a b c d e\n", "bad.txt:1:"},
        {"a b c d\na b c d e\n", "found 5"},
        {"a b c d\n:  \na b c d\n", "bad.txt:2: the section has no name"},
        {"a b c\nd e f\n", "fourth words"},
        {"a\tb\t1.5\nc\td\t2\n", "eval.similarity"},
        {"a\tb/c\nd\te\nf g h\n", "BATS"},
        {": s\na\tb/c\nd\te\n", "BATS"},
        {"a\tb/c\n", "BATS"},
        {"a\tb\nc\t/d\n", "bad.txt:2: a word is empty"},
        {"a,b,c,d\nw,x,,z\n", "bad.txt:2:"},
        {"a b c d\nfr\374h b c d\n", "bad.txt:2: the line is not UTF-8"},
        {"1 a b c d\n2 e f g h\n4 i j k l\n", "found 5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_bad_questions(bad[i][0], strlen(bad[i][0]), bad[i][1]);
    expect_bad_questions("a b c d\na b\0c d\n", 16, "bad.txt");
    gv_error err = GV_ERROR_INIT;
    gv_eval_questions file;
    cr_assert_eq(gv_eval_questions_read(&file, gv_test_path("none"), &err), GV_E_IO);
}

/* --- pairs ------------------------------------------------------------------------------------ */

Test(eval_files, pairs)
{
    const char *path = gv_test_write_text("s.tsv", "# comment\r\n"
                                                   "tiger cat 7.35\n"
                                                   "\n"
                                                   "new york\tbig apple\t1e1\r\n"
                                                   "x y -2");
    gv_error err = GV_ERROR_INIT;
    gv_eval_pairs file;
    gv_assert_ok(gv_eval_pairs_read(&file, path, &err), err);
    cr_assert_eq(file.n, 3);
    cr_assert_str_eq(file.pair[1].word[0], "new york");
    cr_assert_str_eq(file.pair[1].word[1], "big apple");
    cr_assert_eq(file.pair[1].score, 10.0);
    cr_assert_eq(file.pair[2].score, -2.0);
    cr_assert_null(file.note, "%s", file.note);
    gv_eval_pairs_free(&file);
}

#define ROWS(a, b, c) "the" a "frog" b "5" c "\nsat" a "mat" b "4" c "\ndog" a "on" b "1" c "\n"

Test(eval_files, pairs_in_other_forms)
{
    /* all hold the pairs (the, frog) 5, (sat, mat) 4, (dog, on) 1; and what the note says */
    static const char *const forms[][2] = {
        {ROWS("\t", "\t", ""), NULL},
        {ROWS(" ", " ", ""), NULL},
        {ROWS(" ", "\t", " "), NULL},
        {ROWS("\t\t", "\t", ""), "columns 1 and 3"},
        {"the\t\tfrog\t5\nsat\tmat\t\t4\t\ndog\ton\t1\n", NULL},
        {ROWS("\xc2\xa0\t ", "\t", "\xc2\xa0"), NULL},
        {ROWS(",", ",", ""), "commas"},
        {ROWS(", ", " , ", ","), "commas"},
        {ROWS(";", ";", ",0"), "semicolons; the scores have decimal commas"},
        {ROWS("\t", "\t", ",0"), "decimal commas"},
        {ROWS(" ", " ", ",0"), "decimal commas"},
        {"word1\tword2\tPOS\tSimLex999\n" ROWS("\t", "\tA\t", ""), "column 4 of 4 (\"SimLex999\")"},
        {"word1\tword2\tPOS\tSimLex999\tconc(w1)\tSimAssoc333\tSD(SimLex)\n" ROWS("\t", "\tA\t",
                                                                                  "\t2.7\t1\t0.4"),
         "(\"SimLex999\")"},
        {"Word 1,Word 2,Human (mean)\n" ROWS(",", ",", ""), "line 1 is a header"},
        {"Word 1\tWord 2\tHuman (mean)\t1\t2\n" ROWS("\t", "\t", "\t9\t8"), "(\"Human (mean)\")"},
        {"Word 1 Word 2 Human (mean)\n" ROWS(" ", " ", ""), "line 1 is a header"},
        {ROWS("\t", "\t", "\t6\t5.5"), "column 3 of 5"},
        {",word1,word2,similarity\n0,the,frog,5\n1,sat,mat,4\n2,dog,on,1\n", "columns 2 and 3"},
        {"0,the,frog,5\n1,sat,mat,4\n2,dog,on,1\n", "column 4 of 4"},
        {"\"word1\" \"word2\" \"score\"\n\"1\" \"the\" \"frog\" 5\n\"2\" \"sat\" \"mat\" 4\n"
         "\"3\" \"dog\" \"on\" 1\n",
         "column 4 of 4 (\"score\")"},
        {"the\tfrog\t1\t5\nsat\tmat\t2\t4\ndog\ton\t3\t1\n", "column 4 of 4"},
        {"the\tfrog\t3\t5\nsat\tmat\t1\t4\ndog\ton\t2\t1\n", "column 4 of 4"},
        {"w1,w2,\xc3\x84hnlichkeit\nthe,frog,5\nsat,mat,4\ndog,on,1\n", "hnlichkeit"},
        {"w1,w2,\xe5\x88\x86\nthe,frog,5\nsat,mat,4\ndog,on,1\n", "column 3 of 3"},
        {"w1,w2,num_ratings,sim_score\nthe,frog,10,5\nsat,mat,9,4\ndog,on,7,1\n",
         "(\"sim_score\")"},
        {"w1,w2,mean word length,score\nthe,frog,3.5,5\nsat,mat,3,4\ndog,on,2,1\n", "(\"score\")"},
        {"w1,w2,rank,mean\nthe,frog,3,5\nsat,mat,9,4\ndog,on,2,1\n", "(\"mean\")"},
        {"id,word1,pos1,word2,pos2,mean,std\n7,the,n,frog,n,5,1\n9,sat,v,mat,n,4,2\n"
         "2,dog,n,on,r,1,1\n",
         "columns 2 and 4"},
        {ROWS("\t", "\tV\t", "\tSYNONYMS"), "column 4 of 5"},
        {"5\tthe\tfrog\n4\tsat\tmat\n1\tdog\ton\n", "columns 2 and 3; the score is column 1 of 3"},
        {"\"the\",\"frog\",\"5,0\"\n\"sat\",\"mat\",\"4,0\"\n\"dog\",\"on\",\"1,0\"\n", "decimal"},
        {"the,frog,5,\"a, remark\"\nsat,mat,4,\ndog,on,1,x\n", "column 3 of 4"},
        {"\xef\xbb\xbfthe,frog,5\rsat,mat,4\r# no\r\rdog,on,1\r", "commas"},
    };
    static const char *const words[] = {"the", "frog", "sat", "mat", "dog", "on"};
    static const double scores[] = {5, 4, 1};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *path = gv_test_write_text("s.txt", forms[i][0]);
        gv_error err = GV_ERROR_INIT;
        gv_eval_pairs file;
        cr_assert_eq(gv_eval_pairs_read(&file, path, &err), GV_OK, "%s\n%s", err.text, forms[i][0]);
        cr_assert_eq(file.n, 3, "%s", forms[i][0]);
        for (size_t k = 0; k < 3; k++) {
            cr_assert_str_eq(file.pair[k].word[0], words[2 * k], "%s", forms[i][0]);
            cr_assert_str_eq(file.pair[k].word[1], words[2 * k + 1], "%s", forms[i][0]);
            cr_assert_float_eq(file.pair[k].score, scores[k], 0.0, "%s", forms[i][0]);
        }
        if (forms[i][1])
            cr_assert(file.note && strstr(file.note, forms[i][1]), "%s: %s", forms[i][0],
                      file.note ? file.note : "no note");
        else
            cr_assert_null(file.note, "%s: %s", forms[i][0], file.note);
        gv_eval_pairs_free(&file);
    }
}

Test(eval_files, ranks_are_noted)
{
    static const char *const ranks[] = {"a b 1\nc d 2\ne f 3\n", "a b 3\nc d 1\ne f 2\n",
                                        "a b 1\nc d 2.5\ne f 2.5\n"};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_eval_pairs file;
        gv_assert_ok(gv_eval_pairs_read(&file, gv_test_write_text("r.txt", ranks[i]), &err), err);
        cr_assert(file.note && strstr(file.note, "the ranks 1 to 3"), "%s", ranks[i]);
        gv_eval_pairs_free(&file);
    }
}

Test(eval_files, malformed_pairs)
{
    static const char *const bad[][2] = {
        {"a b\n", "bad.tsv:1: found 2 fields"},
        {"fr\374h b 1\n", "bad.tsv:1: the line is not UTF-8"},
        {"a b c d\n", "eval.analogies"},
        {"a b nan\n", "bad.tsv:1: the score 'nan'"},
        {"a b inf\n", "bad.tsv:1: the score 'inf'"},
        {"a b 0x10\n", "bad.tsv:1: the score '0x10'"},
        {"", "no word pairs"},
        {"# nothing\n", "no word pairs"},
        {"a b much\n", "the score 'much'"},
        {"a b 5x\nc d 4\ne f 3\n", "bad.tsv:1: the score '5x'"},
        {"a b 5\nc d\ne f 3\n", "bad.tsv:2:"},
        {"a b 5\nc d NA\ne f 3\n", "bad.tsv:2: the score 'NA'"},
        {"a b 5\nc d 4 9\ne f 3\n", "bad.tsv:2: found 4 fields"},
        {"w1,w2,s\na,b,5\nw1,w2,s\nc,d,4\n", "bad.tsv:3: the score 's'"},
        {"A title\na\tb\t5\nc\td\t4\n", "begin a title with #"},
        {"a,b,7,35\nc,d,8,1\n", "decimal comma"},
        {"w1,w2,s\na,b,7,35\nc,d,8,1\n", "decimal commas"},
        {"a\tb\t7,35\nc\td\t8.1\n", "bad.tsv:1: the score '7,35' has a comma, that of line 2"},
        {"1\ta\tb\n2\tc\td\n3\te\tf\n", "the score 'b'"},
        {"1\ta\tb\tx\n2\tc\td\ty\n3\te\tf\tz\n", "only numbers of the lines count them"},
        {"w1,w2,rank\na,b,5\nc,d,4\n", "\"rank\""},
        {"w1,w2,x,y\na,b,5,2.5\nc,d,4,2\n", "3 \"x\", 4 \"y\""},
        {"a\tb\tc\t5\nd\te\tf\t4\n", "3 columns of words"},
        {"5\n4\n", "found 1 field"},
        {"a\tb\nc\td\n", "paste WORDS SCORES"},
        {"a|b|5\n", "found 1 field"},
        {"a,,5\nb,c,4\n", "bad.tsv:1: column 2 is empty"},
        {"a\tb\t1,000.5\nc\td\t900\n", "bad.tsv:1: the score '1,000.5' is not a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_error err = GV_ERROR_INIT;
        gv_eval_pairs file;
        const char *path = gv_test_write_text("bad.tsv", bad[i][0]);
        cr_assert_eq(gv_eval_pairs_read(&file, path, &err), GV_E_CORRUPT, "%s", bad[i][0]);
        cr_assert_not_null(strstr(err.text, bad[i][1]), "%s'%s' lacks '%s'", bad[i][0], err.text,
                           bad[i][1]);
        cr_assert_null(file.rows.text);
    }
}

Test(eval_files, stems)
{
    cr_assert_eq(gv_eval_pairs_stem("sun-n"), 3);
    cr_assert_eq(gv_eval_pairs_stem("run_VB"), 3);
    cr_assert_eq(gv_eval_pairs_stem("mother-in-law-n"), 13);
    cr_assert_eq(gv_eval_pairs_stem("well-known"), 0);
    cr_assert_eq(gv_eval_pairs_stem("-n"), 0);
    cr_assert_eq(gv_eval_pairs_stem("n"), 0);
    cr_assert_eq(gv_eval_pairs_stem(""), 0);
}
