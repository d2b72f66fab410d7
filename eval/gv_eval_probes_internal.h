/*
 * gv_eval_probes_internal - words that are in a set, or in two sets of a probe, more than once.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_PROBES_INTERNAL_H
#define GV_EVAL_PROBES_INTERNAL_H

#include "eval/gv_eval_probes.h"

/* Drop the words and pairs that the set, whose words are the last of the file, has already; `note`
 * tells. GV_E_CORRUPT: words with different scores, a pair and its inverse. GV_E_MEMORY. */
GV_MUST_USE int gv_eval_probes_check_set(gv_text *note, gv_eval_probes *probes,
                                         gv_eval_probes_set *set, bool pairs, gv_error *err);

/* Refuse words that two targets, or two attributes, have in common (GV_E_CORRUPT). Words that are
 * target and attribute go into `note`. GV_E_MEMORY. */
GV_MUST_USE int gv_eval_probes_check_weat(gv_text *note, const gv_eval_probes *probes,
                                          const gv_eval_probes_probe *probe, gv_error *err);

#endif
