/* The page of a run in a browser: tests/support/check_page.py says what is checked. */
#include "support/gv_test.h"

#include <stdlib.h>
#include <string.h>

/* Words that a careless page would take for HTML, JSON or JavaScript, or that it would not hold. */
static const char *const odd[] = {"<script>alert(1)</script>",
                                  "</script>",
                                  "<!--",
                                  "&amp;",
                                  "\"quoted\"",
                                  "it's",
                                  "back\\slash",
                                  "\\u003c",
                                  "%41",
                                  "caf\xc3\xa9",
                                  ("Stra\xc3\x9f"
                                   "e"),
                                  "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                  "\xf0\x9f\x8e\x89\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac",
                                  "__proto__",
                                  "constructor"};
/* What cannot be seen is shown by its name. */
static const char *const controls[][2] = {{"a\x01"
                                           "b",
                                           "a<U+0001>b"},
                                          {"x\xe2\x80\xaey", "x<U+202E>y"}};

enum { ODD = sizeof odd / sizeof *odd, CONTROLS = sizeof controls / sizeof *controls };

static const char *json_string(const char *text)
{
    const char *result = "";
    for (; *text; text++)
        result = gv_test_format("%s%s%c", result, *text == '"' || *text == '\\' ? "\\" : "", *text);
    return gv_test_format("\"%s\"", result);
}

/* A corpus in which the words stand among others, and the file words.json. */
static void write_corpus(void)
{
    char longest[901];
    memset(longest, 'l', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    gv_test_corpus("corpus.txt", 1, 6000, 120, 40);
    char *plain = gv_test_read(gv_test_path("corpus.txt"), NULL);
    const char *text = "", *words = json_string(longest);
    for (size_t i = 0; i < ODD; i++) {
        text = gv_test_format("%s%s w1 w2 ", text, odd[i]);
        words = gv_test_format("%s, %s", json_string(odd[i]), words);
    }
    for (size_t i = 0; i < CONTROLS; i++) {
        text = gv_test_format("%s%s w1 w3 ", text, controls[i][0]);
        words = gv_test_format("%s, %s", words, json_string(controls[i][1]));
    }
    text = gv_test_format("%s%s w2\n", text, longest);
    gv_test_write_text("corpus.txt",
                       gv_test_format("%s%s%s%s%s%s", text, text, text, text, text, plain));
    gv_test_write_text("words.json", gv_test_format("{\"words\": [%s]}", words));
}

Test(page, in_a_browser, .timeout = 120)
{
    if (system("command -v chromium >/dev/null || command -v chromium-browser >/dev/null || "
               "command -v google-chrome >/dev/null") != 0)
        gv_test_skip("chromium is not installed");
    write_corpus();
    const char *options = "--run-dir run --progress none --set corpus.files=corpus.txt --set "
                          "train.dim=10 --set train.epochs=3 --set corpus.tokenizer=whitespace";
    for (const char *const *stage =
             (const char *const[]){"vocab", "cooccur", "shuffle", "train", NULL};
         *stage; stage++)
        gv_test_run_ok("glove-%s %s", *stage, options);
    gv_test_write_text(
        "run/eval.json",
        "{\"analogies\":[{\"file\":\"q.txt\",\"accuracy\":50,\"answered\":60,\"total\":60,"
        "\"sections\":[{\"name\":\"b\",\"correct\":9,\"answered\":20,\"total\":20},{\"name\":\"a\","
        "\"correct\":11,\"answered\":20,\"total\":20},{\"name\":\"<i>\",\"correct\":10,"
        "\"answered\":"
        "20,\"total\":20}]}],\"similarity\":[]}");
    gv_test_run_ok("glove-report --run-dir run --progress none");
    gv_test_run_ok("/usr/bin/python3 -B \"$GV_TEST_SOURCE/tests/support/check_page.py\" "
                   "run/report.html words.json");
}
