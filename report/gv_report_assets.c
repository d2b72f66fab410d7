#include "report/gv_report_assets.h"

/* The path is from where make runs. Tools that only read the source see no content. */
#define ASSET(name, path)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".globl " #name "\n" #name ":\n"                                                       \
            ".incbin \"" path "\"\n"                                                               \
            ".byte 0\n"                                                                            \
            ".popsection\n")

ASSET(gv_report_assets_style, "report/gv_report_page.css");
ASSET(gv_report_assets_words, "report/gv_report_words.js");
ASSET(gv_report_assets_script, "report/gv_report_page.js");
ASSET(gv_report_assets_map, "report/gv_report_map.js");
ASSET(gv_report_assets_map_controls, "report/gv_report_map_controls.js");
ASSET(gv_report_assets_stability, "report/gv_report_stability.js");
