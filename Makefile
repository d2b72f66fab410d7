# glovebox: GloVe word vectors from a text corpus. `make help` lists the targets.

VERSION := $(shell cat VERSION)
FLAVOUR ?= release
BUILD   := build/$(FLAVOUR)
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
# prints what is being made, unless V=1 or make -s
say      = $(if $(filter 1,$(V))$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo "  $(1)")
# for $(MAKE): `make demo` and `make test` build on all cores, as far as the memory goes, unless the
# caller gave a -j
JOBS     = --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell sh tools/jobs.sh))
# text as one word of a shell command, and as a string of C: paths may have blanks, quotes and $
quote    = '$(subst ','\'',$(1))'
c_string = "$(subst ",\",$(subst \,\\,$(1)))"

# Debian's Python, because numpy is Debian's
PYTHON  ?= /usr/bin/python3

# Every dependency is a Debian 12 package; tools/install-deps.sh installs what is missing.
PKGS      := sqlite3 jansson libarchive expat libxxhash icu-uc icu-i18n libedit
HAVE_PKGS := $(shell pkg-config --exists $(PKGS) 2>/dev/null && echo yes)
# asked once, and only when needed
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null))$(PKG_LIBS)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wundef -Wwrite-strings
CPPFLAGS += -Ilib -I. -D_GNU_SOURCE -DGV_VERSION='"$(VERSION)"'
# -ffp-contract=off: gcc would otherwise fuse multiply and add on its own, and the vectors' bytes
# would depend on the compiler. Fused operations are explicit in the source.
CFLAGS_ALL = -std=gnu11 -O2 -g -pthread -ffp-contract=off -fno-math-errno $(WARNINGS) $(FLAVOUR_FLAGS) \
             $(HARDENING) $(if $(WERROR),-Werror) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(HARDENING_LINK) $(LDFLAGS)
LDLIBS_ALL = -Wl,--as-needed $(PKG_LIBS) -lm -pthread $(LDLIBS)

FLAVOUR_FLAGS_release  :=
FLAVOUR_FLAGS_asan     := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
FLAVOUR_FLAGS_ubsan    := -fsanitize=undefined -fno-sanitize-recover=all -O1
FLAVOUR_FLAGS_tsan     := -fsanitize=thread -O1
FLAVOUR_FLAGS_fuzz     := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -O1
FLAVOUR_FLAGS_coverage := --coverage -O0
FLAVOUR_FLAGS          := $(FLAVOUR_FLAGS_$(FLAVOUR))

# Hardening (docs/testing.md). The sanitizers check more; coverage is not optimised, which fortified
# functions need. A level of fortification that the caller gives is kept.
HARDENING      :=
HARDENING_LINK :=
ifeq ($(filter asan ubsan tsan fuzz coverage,$(FLAVOUR)),)
HARDENING      := -fPIE -fstack-protector-strong
HARDENING_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(filter -O0,$(CFLAGS)),)
HARDENING      += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
endif

# One library of everything but the mains; <stage>/glove_x_main.c becomes build/bin/glove-x.
ROOMS     := lib cooccur shuffle train eval query embed report convert plan pipeline bindings compat
SOURCES   := $(filter-out bindings/c/example.c,$(sort $(shell find $(ROOMS) -name '*.c')))
# The programs of many ranks need Open MPI; without it everything else is built.
HAVE_MPI  := $(shell pkg-config --exists ompi-c 2>/dev/null && echo yes)
MPI_SRCS  := lib/dist/gv_comm_mpi.c
MPI_TIDY   = $(foreach set,quick all,$(MPI_SRCS:%.c=$(BUILD)/tidy/$(set)/%.ok))
MPI_OBJS   = $(MPI_SRCS:%.c=$(BUILD)/%.o)
MAINS     := $(filter-out compat/% $(if $(HAVE_MPI),,%_mpi_main.c),$(filter %_main.c,$(SOURCES)))
# gv_malloc_none.c: for libglovebox.so only
LIB_SRCS  := $(filter-out %_main.c $(MPI_SRCS) lib/base/gv_malloc_none.c,$(SOURCES))
LIB_OBJS  := $(LIB_SRCS:%.c=$(BUILD)/%.o)
LIBRARY   := $(BUILD)/libglovebox.a
BIN       := $(if $(filter release,$(FLAVOUR)),build/bin,$(BUILD)/bin)
PROGRAMS  := $(foreach m,$(MAINS),$(BIN)/$(subst _,-,$(patsubst %_main.c,%,$(notdir $(m)))))
# compat/glove_compat_x_main.c becomes build/compat/x: programs in place of the reference's.
COMPAT_MAINS    := $(filter compat/%_main.c,$(SOURCES))
COMPAT          := $(if $(filter release,$(FLAVOUR)),build/compat,$(BUILD)/compat)
COMPAT_PROGRAMS := $(COMPAT_MAINS:compat/glove_compat_%_main.c=$(COMPAT)/%)
TEST_SRCS := $(wildcard tests/*/test_*.c)
TESTS     := $(TEST_SRCS:tests/%.c=$(BUILD)/tests/%)
DEMO_CORPUS := $(BUILD)/demo-corpus
BENCHES   := $(addprefix $(BUILD)/bench/,bench_kernel bench_text zipf_corpus)
HOGWILD   := $(addprefix $(BUILD)/bench/hogwild/,hypergraph simulate)
SIMULATIONS := $(addprefix $(BUILD)/bench/,simulate_schedule simulate_cache simulate_word2vec scaling/simulate_ranks)
FUZZ_NAMES := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZERS   := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/fuzz_%)
# programs that only tests run
TEST_BINS := $(patsubst tests/ranks/%.c,$(BUILD)/tests/ranks/%,$(wildcard tests/ranks/*.c))
# for LD_PRELOAD: makes calls fail
PRELOAD   := $(BUILD)/tests/faults/preload.so
SUPPORT   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all deps demo run sweep text8 test check bench growth planning vocabulary hogwild install uninstall clean help asan ubsan tsan lint \
        bench-instructions format format-check fuzz coverage docs test-programs

# --- building ---------------------------------------------------------------------------------
all: $(if $(HAVE_PKGS),,deps) ## build all programs into build/bin, the library into build/lib
	$(Q)$(MAKE) $(JOBS) programs library

.PHONY: programs
programs: $(PROGRAMS)

.PHONY: compat
compat: $(if $(HAVE_PKGS),,deps) ## build programs in place of the GloVe reference's into build/compat (docs/compat.md)
	$(Q)$(MAKE) $(JOBS) $(COMPAT_PROGRAMS)

deps: ## install missing Debian packages (with sudo unless root)
	$(Q)sh tools/install-deps.sh

# Flags of single files: ISA_NAME for NAME.c. On CPUs other than x86-64 the files of its instruction
# sets are empty, so they need no flags.
# -fno-trapping-math: the compiler may compute both sides of a choice, so it can vectorise loops.
VECTORISE := -O3 -fno-trapping-math
ISA_gv_glove                := $(VECTORISE)
ISA_gv_linalg               := $(VECTORISE)
ISA_gv_eigen                := $(VECTORISE)
ISA_gv_pca                  := $(VECTORISE)
ISA_gv_polar                := $(VECTORISE)
ISA_gv_procrustes           := $(VECTORISE)
ISA_gv_subword_solve        := $(VECTORISE)
ISA_gv_embed_fit            := $(VECTORISE)
ISA_gv_document             := $(VECTORISE)
ISA_gv_embed_documents      := $(VECTORISE)
ISA_gv_embed_solve          := $(VECTORISE)
ISA_gv_differences          := $(VECTORISE)
ISA_gv_bootstrap            := $(VECTORISE)
# its loop ends once for each batch of tokens: a stack protector costs 0.4 % of the instructions of glove-vocab
ISA_gv_tokenizer_batch      := -fno-stack-protector
PRODUCTS                    := -O3 -ffp-contract=fast
ISA_gv_products_base        := $(PRODUCTS)
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
AVX2   := -mavx2 -mfma
AVX512 := -mavx512f -mavx512dq -mavx512vl -mavx512bw
ISA_gv_kernel_avx2          := $(AVX2)
ISA_gv_objective_avx2       := $(AVX2)
ISA_gv_kernel_avx512        := $(AVX512) -mfma
ISA_gv_objective_avx512     := $(AVX512) -mfma
ISA_gv_products_avx2        := $(PRODUCTS) $(AVX2)
ISA_gv_products_avx512      := $(PRODUCTS) $(AVX512) -mfma -mprefer-vector-width=512
# the compiler vectorises their sigmoid
ISA_gv_word2vec_avx2        := $(VECTORISE) $(AVX2)
ISA_gv_word2vec_avx512      := $(VECTORISE) $(AVX512) -mfma -mprefer-vector-width=512
ISA_gv_cooccur_rows_avx512  := $(AVX512) -mavx512vbmi -mavx512vbmi2 -mbmi -mbmi2 -mlzcnt -mpopcnt
ISA_gv_counts_decode_avx512 := $(ISA_gv_cooccur_rows_avx512)
endif
# no fuzz target runs a kernel, and clang would take minutes to instrument them
ISA_FLAGS_fuzz = $(if $(findstring avx,$(*F)),-fno-sanitize=all)
ISA_NAMES := $(sort $(patsubst ISA_%,%,$(filter ISA_gv_%,$(.VARIABLES))))
ISA_OBJS  := $(foreach n,$(ISA_NAMES),$(filter %/$(n).o,$(LIB_OBJS)))
ISA_FLAGS  = $(ISA_$(*F)) $(ISA_FLAGS_$(FLAVOUR))

# The commit is in one object only, so that a new one does not rebuild the others.
# A tarball of `make dist` has its name in a file.
COMMIT := $(if $(wildcard .git),$(shell git describe --always --dirty --exclude='*' --abbrev=12 2>/dev/null),$(shell cat COMMIT 2>/dev/null))
$(BUILD)/lib/base/gv_host.o: CPPFLAGS += -DGV_COMMIT='"$(COMMIT)"'
$(BUILD)/lib/base/gv_host.o: $(BUILD)/.commit
$(BUILD)/.commit: private STAMP = $(COMMIT)

$(BUILD)/%.o: %.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(ISA_FLAGS) $(OWN_FLAGS) -MMD -MP -c $< -o $@

# The pages of glove-report: the assembler reads their CSS and JavaScript (gv_report_assets.c).
REPORT_ASSETS := $(wildcard report/*.css report/*.js)
$(BUILD)/report/gv_report_assets.o: $(REPORT_ASSETS)

# Objects are rebuilt when the compiler or their flags change.
.PHONY: force
$(BUILD)/.flags $(BUILD)/.isa-flags $(BUILD)/.so-flags $(BUILD)/.commit: force
	@mkdir -p $(@D)
	@echo '$(STAMP)' | cmp -s - $@ || echo '$(STAMP)' > $@
$(BUILD)/.flags: private STAMP = $(CC) $(CPPFLAGS) $(CFLAGS_ALL)
$(BUILD)/.isa-flags: private STAMP = $(foreach n,$(ISA_NAMES),$(n): $(ISA_$(n)))
$(ISA_OBJS): $(BUILD)/.isa-flags

$(LIBRARY): $(LIB_OBJS)
	$(call say,AR $@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define program_rule
$(BIN)/$(subst _,-,$(patsubst %_main.c,%,$(notdir $(1)))): $(1:%.c=$(BUILD)/%.o) $(LIBRARY)
	@mkdir -p $$(@D)
	$(call say,LD $$@)
	$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $(LIBRARY) $$(LDLIBS_ALL)
endef
$(foreach m,$(MAINS),$(eval $(call program_rule,$(m))))

$(COMPAT_PROGRAMS): $(COMPAT)/%: $(BUILD)/compat/glove_compat_%_main.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS_ALL)

MPI_PROGRAMS := $(filter %-mpi,$(PROGRAMS))
$(MPI_PROGRAMS): $(MPI_OBJS)
$(MPI_PROGRAMS): private LDLIBS += $(shell pkg-config --libs ompi-c 2>/dev/null)
$(MPI_OBJS) $(MPI_TIDY): private CPPFLAGS += $(subst -I,-isystem ,$(shell pkg-config --cflags ompi-c 2>/dev/null))

# --- tests: every tests/KIND/test_*.c is a Criterion program ----------------------------------------
comma := ,
# liblbfgs is the oracle of our L-BFGS, where it is installed
$(BUILD)/tests/unit/test_lbfgs: private TEST_LIBS := $(if $(wildcard /usr/include/lbfgs.h),-llbfgs)
# system calls that these make fail (see their heads)
$(BUILD)/tests/unit/test_file: private TEST_LIBS := $(addprefix -Wl$(comma)--wrap=,read write pread pwrite fsync close rename)
$(BUILD)/tests/unit/test_comm: private TEST_LIBS := -Wl,--wrap=gv_clock_wall_seconds,--wrap=nanosleep
$(BUILD)/tests/unit/test_threads: private TEST_LIBS := -Wl,--wrap=pthread_create
$(BUILD)/tests/unit/test_lock: private TEST_LIBS := -Wl,--wrap=flock
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(SUPPORT) $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL) $(TEST_LIBS) -lcriterion

$(TEST_BINS): $(BUILD)/tests/ranks/%: $(BUILD)/tests/ranks/%.o $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

$(BUILD)/tests/%.o: private CPPFLAGS += -Itests -DGV_BIN=$(call quote,$(call c_string,$(BIN))) \
    -DGV_BUILD=$(call quote,$(call c_string,$(CURDIR)/$(BUILD))) -DGV_SOURCE=$(call quote,$(call c_string,$(CURDIR)))

.PRECIOUS: $(BUILD)/%.o

test-programs: $(TESTS) $(TEST_BINS) $(PRELOAD) $(PROGRAMS) $(COMPAT_PROGRAMS) $(DEMO_CORPUS) $(addprefix $(BUILD)/bench/,bench_kernel zipf_corpus) $(HOGWILD) library

# Installs what is missing, builds, runs every test. T=pattern runs only the matching programs.
test: ## run all tests (installs missing packages first)
	$(Q)sh tests/shared-memory.sh
	$(Q)sh tools/install-deps.sh test
	$(Q)$(MAKE) $(JOBS) test-programs
	$(Q)sh tests/run.sh $(if $(T),$(foreach t,$(TESTS),$(if $(findstring $(T),$(t)),$(t))),$(TESTS))

check: ## run the unit and property tests only (installs missing packages first)
	$(Q)sh tools/install-deps.sh test
	$(Q)$(MAKE) $(JOBS) $(filter $(BUILD)/tests/unit/% $(BUILD)/tests/property/%,$(TESTS))
	$(Q)sh tests/run.sh $(filter $(BUILD)/tests/unit/% $(BUILD)/tests/property/%,$(TESTS))

# --- using it ------------------------------------------------------------------------------------
$(DEMO_CORPUS): $(BUILD)/demo/demo_corpus.o $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LDLIBS_ALL)

build/demo/corpus.txt: $(DEMO_CORPUS) demo/grammar.txt $(wildcard demo/facts/*.tsv)
	@mkdir -p $(@D)
	$(Q)$(DEMO_CORPUS) demo/grammar.txt demo/facts 5000000 1 build/demo/corpus.txt build/demo/questions.txt

build/demo/corpus-small.txt: $(DEMO_CORPUS) demo/grammar.txt $(wildcard demo/facts/*.tsv)
	@mkdir -p $(@D)
	$(Q)$(DEMO_CORPUS) demo/grammar.txt demo/facts 200000 1 $@ build/demo/questions-small.txt

demo: ## install packages, build, generate a small corpus, train on it, evaluate it (one minute)
	$(Q)sh tools/install-deps.sh
	$(Q)$(MAKE) $(JOBS) programs library build/demo/corpus.txt
	$(Q)BIN=$(BIN) sh demo/demo.sh

run: ## run all stages of one config: make run CONFIG=configs/text8.json [SET="a.b=c d.e=f"]
	$(if $(CONFIG),,$(error usage: make run CONFIG=FILE [SET="key=value ..."]))
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BIN=$(BIN) sh tools/run-pipeline.sh '$(CONFIG)' '$(subst ','\'',$(SET))'

sweep: ## run many settings of one config: make sweep CONFIG=FILE GRID="train.dim=50,100 train.seed=1..3" [SET=] [AT_ONCE=1]
	$(if $(and $(CONFIG),$(GRID)),,$(error usage: make sweep CONFIG=FILE GRID="KEY=V,V KEY=A..B" [SET="key=value ..."] [AT_ONCE=N]))
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BIN=$(BIN) sh tools/run-pipeline.sh '$(CONFIG)' '$(subst ','\'',$(SET))' glove-sweep \
	    --grid '$(subst ','\'',$(GRID))' $(if $(AT_ONCE),--jobs '$(AT_ONCE)')

text8: data/text8 ## download the text8 corpus (100 MB of Wikipedia) and train on it
	$(Q)$(MAKE) --no-print-directory run CONFIG=configs/text8.json

TEXT8_URL := http://mattmahoney.net/dc/text8.zip
data/text8:
	$(Q)sh tools/get-text8.sh '$(TEXT8_URL)' $@

# --- installing ------------------------------------------------------------------------------------
MAN_PAGES = $(wildcard docs/man/*.1)
# a path of the installation as a word of a shell command; DESTDIR and PREFIX may have blanks
place     = $(call quote,$(DESTDIR)$(PREFIX)/$(1))
install: all ## install programs, library, man pages and configs under $(DESTDIR)$(PREFIX)
	install -d $(call place,bin) $(call place,share/man/man1) $(call place,share/glovebox/configs)
	install -m 755 $(PROGRAMS) $(call place,bin)
	$(if $(MAN_PAGES),install -m 644 $(MAN_PAGES) $(call place,share/man/man1))
	install -m 644 $(wildcard configs/*.json) $(call place,share/glovebox/configs)
	install -d $(call place,share/glovebox/configs/probes)
	install -m 644 $(wildcard configs/probes/*.txt) $(call place,share/glovebox/configs/probes)
	install -d $(call place,share/glovebox/python) $(call place,share/glovebox/r)
	install -m 644 bindings/python/glovebox.py $(call place,share/glovebox/python)
	install -m 644 bindings/r/glovebox.R $(call place,share/glovebox/r)

# in a folder of their own: names such as `shuffle` are too general for bin
.PHONY: install-compat
install-compat: compat ## install the programs of `make compat` under $(DESTDIR)$(PREFIX)/libexec/glovebox/compat
	install -d $(call place,libexec/glovebox/compat)
	install -m 755 $(COMPAT_PROGRAMS) $(call place,libexec/glovebox/compat)

uninstall: ## remove what `make install` installed
	if cd $(call place,bin); then rm -f $(notdir $(PROGRAMS)); fi
	if cd $(call place,share/man/man1); then rm -f $(notdir $(MAN_PAGES)); fi
	rm -rf $(call place,share/glovebox) $(call place,libexec/glovebox)

# glovebox(7) and the completion of shells; DESTDIR and PREFIX may have blanks
SHELLS = DESTDIR='$(subst ','\'',$(DESTDIR))' PREFIX='$(subst ','\'',$(PREFIX))' sh tools/install-shells.sh
.PHONY: install-shells uninstall-shells
install: install-shells
install-shells: all
	$(SHELLS) install $(notdir $(PROGRAMS))
uninstall: uninstall-shells
uninstall-shells:
	$(SHELLS) uninstall $(notdir $(PROGRAMS))

include bindings/c/library.mk

DIST = build/glovebox-$(VERSION).tar.gz
.PHONY: dist deb
dist: ## pack the source of the last commit as build/glovebox-VERSION.tar.gz
	$(Q)sh tools/dist.sh $(DIST)
	@echo "$(DIST)"

deb: dist ## build Debian packages into build/ (installs missing packages first)
	$(Q)sh tools/install-deps.sh deb
	$(Q)sh tools/deb.sh $(DIST)

# --- development -----------------------------------------------------------------------------------
# Sanitizers report into files, so that a test that ignores stderr cannot hide a report.
SANITIZED_TESTS ?= $(TESTS)
.PHONY: sanitized-tests
sanitized-tests: test-programs
	$(Q)sh tests/sanitized.sh $(SANITIZED_TESTS)

asan: ## run all tests under the address and undefined-behaviour sanitizers
	$(Q)$(MAKE) $(JOBS) FLAVOUR=asan sanitized-tests

ubsan: ## run all tests under the undefined-behaviour sanitizer
	$(Q)$(MAKE) $(JOBS) FLAVOUR=ubsan sanitized-tests

tsan: ## run the programs under the thread sanitizer, on a small corpus with several threads
	$(Q)$(MAKE) $(JOBS) FLAVOUR=tsan programs $(COMPAT_PROGRAMS:build/compat/%=build/tsan/compat/%) build/tsan/tests/cli/library_threads build/tsan/tests/ranks/train_ranks build/tsan/tests/ranks/cooccur_ranks build/tsan/tests/ranks/shuffle_ranks build/tsan/tests/ranks/vocab_ranks
	$(Q)BIN=build/tsan/bin sh tests/tsan.sh

# Cross-built with Debian's arm64 libraries (unpacked under build/) and run with qemu-user.
SYSROOT   = $(CURDIR)/build/aarch64/sysroot
CROSS_PKG = $(SYSROOT)/usr/lib/aarch64-linux-gnu/pkgconfig
.PHONY: aarch64-check
aarch64-check: ## check that AArch64 and x86-64 give the same bytes with every kernel (2 minutes)
	$(Q)sh tools/install-deps.sh aarch64
	$(Q)sh tools/aarch64-sysroot.sh $(call quote,$(SYSROOT))
	$(Q)$(MAKE) $(JOBS) programs build/demo/corpus-small.txt
	$(Q)PKG_CONFIG_SYSROOT_DIR=$(call quote,$(SYSROOT)) PKG_CONFIG_LIBDIR=$(call quote,$(CROSS_PKG)) $(MAKE) $(JOBS) FLAVOUR=aarch64 \
	    CC='aarch64-linux-gnu-gcc --sysroot=$(SYSROOT)' AR=aarch64-linux-gnu-ar programs
	$(Q)sh tools/aarch64-check.sh $(BIN) build/aarch64/bin $(call quote,$(SYSROOT)) build/demo/corpus-small.txt

FORMATTED = $(shell find $(ROOMS) -name '*.[ch]' -o -name '*.inc') $(wildcard demo/*.c bench/*.c bench/*/*.c tests/*/*.[ch])
format: ## format all sources with clang-format
	$(Q)clang-format -i $(FORMATTED)

format-check: ## fail if a source is not formatted
	$(Q)clang-format --dry-run -Werror $(FORMATTED)

lint: ## check includes, names, generated files, format; run cppcheck (installs what it needs)
	$(Q)sh tools/install-deps.sh dev
	$(Q)$(MAKE) $(JOBS) programs $(COMPAT_PROGRAMS) library
	@echo "Includes: direction, owners of system libraries, circles"
	$(Q)sh tools/check-layers.sh
	@echo "Names: symbols, declarations, files"
	$(Q)$(PYTHON) -B tools/check-names.py $(LIBRARY)
	@echo "Generated files: man pages, configs/schema.json, docs/config.md"
	$(Q)sh tools/check-generated.sh
	@echo "Hardening: $(words $(PROGRAMS) $(COMPAT_PROGRAMS)) programs, libglovebox.so"
	$(Q)sh tools/check-hardening.sh $(PROGRAMS) $(COMPAT_PROGRAMS) $(SO_DIR)/$(SO_FILE)
	@echo "The library's interface: compatible with the last release"
	$(Q)$(MAKE) --no-print-directory abi-check
	@echo "Documents: links, names of files, width of prose and comments"
	$(Q)sh tools/check-docs.sh
	@echo "Format: clang-format, $(words $(FORMATTED)) files"
	$(Q)$(MAKE) --no-print-directory format-check
	@echo "clang-tidy: $(words $(TIDIED)) files"
	$(Q)$(MAKE) -s $(JOBS) --keep-going tidy-quick
	@echo "cppcheck: $(ROOMS) bench demo"
	$(Q)cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --suppress=missingIncludeSystem \
	    --library=tools/cppcheck.cfg --enable=warning,portability -j2 \
	    -Ilib -I. -Ibench -D_GNU_SOURCE -DGV_VERSION='""' -D__x86_64__ $(ROOMS) bench demo

# Checked again when the object was made again. The quick checks are all but the static analyzer's.
TIDIED := $(LIB_SRCS) $(MAINS) $(COMPAT_MAINS) $(if $(HAVE_MPI),$(MPI_SRCS))
$(BUILD)/tidy/quick/%.ok: private TIDY_OPTIONS := --checks='-clang-analyzer-*'
$(BUILD)/tidy/all/%.ok: private TIDY_INCLUDE = $(if $(filter-out gv_error gv_mem,$(*F)),-include tools/tidy.h)
$(BUILD)/tidy/quick/%.ok $(BUILD)/tidy/all/%.ok: $(BUILD)/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY $*.c)
	$(Q)clang-tidy --quiet $(TIDY_OPTIONS) $*.c -- $(CPPFLAGS) -std=gnu11 $(subst -I,-isystem ,$(PKG_CFLAGS)) $(ISA_$(*F)) $(TIDY_INCLUDE) \
	    >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

.PHONY: tidy tidy-quick
tidy: ## run clang-tidy with the static analyzer (8 minutes on 2 cores; make lint runs the quick checks)
	$(Q)sh tools/install-deps.sh dev
	$(Q)$(MAKE) $(JOBS) --keep-going $(TIDIED:%.c=$(BUILD)/tidy/all/%.ok)
tidy-quick: $(TIDIED:%.c=$(BUILD)/tidy/quick/%.ok)

docs: programs $(COMPAT_PROGRAMS) ## regenerate man pages, configs/schema.json, the tables of docs/config.md and docs/compat.md
	$(Q)sh tools/check-generated.sh --write

fuzz: ## build the fuzz targets with clang and run each for FUZZ_SECONDS (10) [T=counts]
	$(Q)sh tools/install-deps.sh dev
	$(Q)$(MAKE) --no-print-directory $(JOBS) CC=clang FLAVOUR=fuzz fuzz-programs
	$(Q)sh tests/fuzz/run.sh $(or $(FUZZ_SECONDS),10) $(FUZZ_CHOSEN:%=build/fuzz/tests/fuzz/fuzz_%)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZERS)
include tests/fuzz/fuzz.mk

# Faults: one campaign for each tests/faults/NAME.py; what they share is in faults.py there
$(PRELOAD): $(wildcard tests/faults/preload*.[ch]) $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) -shared -fPIC $(CPPFLAGS) -std=gnu11 -O2 -g $(WARNINGS) -Wno-cast-qual $(if $(WERROR),-Werror) -o $@ $(filter %.c,$^)

SLOW_DISK := $(BUILD)/tests/faults/slow_disk.so
$(SLOW_DISK): tests/faults/slow_disk.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) -shared -fPIC $(CPPFLAGS) -std=gnu11 -O2 -g $(WARNINGS) $(if $(WERROR),-Werror) -o $@ $<

.PHONY: faults soak
faults: programs $(PRELOAD) $(SLOW_DISK) $(TEST_BINS) ## try every fault (docs/reliability.md): [T=kill] [SHARE=10] [SEED=N] [CASE=train]
	$(Q)BIN=$(BIN) BUILD=$(BUILD) SHARE='$(SHARE)' SEED='$(SEED)' CASE='$(CASE)' $(PYTHON) -B tests/faults/faults.py $(T)

soak: programs $(PRELOAD) ## mixed runs at random settings for MINUTES (60): [SEED=N] [ROUND=N] (docs/reliability.md)
	$(Q)BIN=$(BIN) BUILD=$(BUILD) MINUTES='$(MINUTES)' SEED='$(SEED)' ROUND='$(ROUND)' $(PYTHON) -B tests/faults/soak.py

coverage: ## run all tests and print line and branch coverage per folder (gcov); lib/ must have COVERAGE_LINES (92) and COVERAGE_BRANCHES (80) per cent
	$(Q)$(MAKE) $(JOBS) FLAVOUR=coverage test-programs
	$(Q)GCOV_ERROR_FILE=/dev/null sh tests/run.sh $(patsubst $(BUILD)/%,build/coverage/%,$(TESTS)) || true
	$(Q)COVERAGE_LINES='$(COVERAGE_LINES)' COVERAGE_BRANCHES='$(COVERAGE_BRANCHES)' sh tools/coverage.sh build/coverage

$(SIMULATIONS): $(BUILD)/bench/options.o $(BUILD)/bench/threads.o $(BUILD)/bench/tiles.o
$(BUILD)/bench/scaling/simulate_ranks: $(BUILD)/bench/scaling/scaled_tiles.o
$(BENCHES) $(HOGWILD) $(SIMULATIONS): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS_ALL)

$(BUILD)/bench/%.o: private CPPFLAGS += -Ibench

# Variables on make's command line reach the scripts.
bench: ## measure every stage on this machine; REFERENCE=DIR compares (bench/README.md)
	$(Q)sh tools/install-deps.sh bench
	$(Q)$(MAKE) $(JOBS) programs $(BENCHES) build/demo/corpus.txt
	$(Q)BIN=$(BIN) BENCHES=$(BUILD)/bench $(PYTHON) -B bench/bench.py

bench-instructions: ## count instructions per token and record (valgrind); compare with the last record
	$(Q)sh tools/install-deps.sh bench
	$(Q)$(MAKE) $(JOBS) programs
	$(Q)BIN=$(BIN) $(PYTHON) -B bench/instructions.py

growth: programs $(BUILD)/bench/zipf_corpus ## measure time, memory and disk as the corpus grows: CORPUS=FILE [TOKENS="1e9 3e9"] [SHARES="1 100"] [DIR=DIR]
	$(if $(CORPUS),,$(error usage: make growth CORPUS=FILE [SHARES="1 3 10 30 100"] [TOKENS="1e9 3e9"] [TRAIN=1e9] [RUNS=3] [DIR=build/growth] [KEEP=1] [FREE=1] [SET="a.b=c"]))
	$(Q)$(PYTHON) -B bench/growth.py --corpus '$(CORPUS)' --bin $(BIN) --build $(BUILD) \
	    $(if $(filter undefined,$(origin SHARES)),,--shares '$(SHARES)') $(if $(filter undefined,$(origin TOKENS)),,--tokens '$(TOKENS)') \
	    $(if $(filter undefined,$(origin TRAIN)),,--train '$(TRAIN)') $(if $(RUNS),--runs $(RUNS)) $(if $(DIR),--dir '$(DIR)') \
	    $(if $(KEEP),--keep) $(if $(FREE),--free) $(foreach s,$(SET),--set '$(s)')

planning: programs ## compare the forecasts of glove-plan with runs: CORPUS=FILE [ONLY="window"] [RUNS=1] [WALL=no] [DIR=DIR]
	$(if $(CORPUS),,$(error usage: make planning CORPUS=FILE [ONLY="part of a setting's name"] [RUNS=1] [WALL=no] [DIR=build/planning]))
	$(Q)$(PYTHON) -B bench/planning.py --corpus '$(CORPUS)' --bin $(BIN) $(if $(RUNS),--runs $(RUNS)) $(if $(DIR),--dir '$(DIR)') \
	    $(if $(ONLY),--only '$(ONLY)') $(if $(filter no,$(WALL)),--no-wall)

vocabulary: programs $(BUILD)/bench/zipf_corpus ## measure every program with a vocabulary of 11 million words: [TOKENS=150e6] [DIR=DIR]
	$(Q)$(PYTHON) -B bench/vocabulary.py --bin $(BIN) --build $(BUILD) $(if $(TOKENS),--tokens '$(TOKENS)') $(if $(DIR),--dir '$(DIR)') \
	    $(foreach s,$(SET),--set '$(s)')

hogwild: ## repeat the experiments of the Hogwild! paper: [CORPUS=FILE] [PARTS="runs speed"] (bench/hogwild/README.md)
	$(Q)sh tools/install-deps.sh bench
	$(Q)$(MAKE) $(JOBS) programs $(HOGWILD) build/demo/corpus.txt
	$(Q)BIN=$(BIN) BENCHES=$(BUILD)/bench $(PYTHON) -B bench/hogwild/hogwild.py

clean: ## remove everything that was built
	rm -rf build

help: ## show this list
	@echo "glovebox $(VERSION). Targets:"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 21
	@echo "Variables:"
	@printf '  %-18s %s\n' V=1 "show every command" CC=clang "use another compiler (with FLAVOUR=clang its objects have a folder of their own)" \
	    CFLAGS=... "add compiler flags" WERROR=1 "treat warnings as errors" \
	    FLAVOUR=... "build in build/FLAVOUR: release, asan, ubsan, tsan, fuzz, coverage or a new name" \
	    DEPS=no "install no packages; build and test with what is there" \
	    T=store "make test: run only the programs whose path contains this" \
	    FUZZ_SECONDS=60 "make fuzz: seconds for each target" \
	    PREFIX=/usr "make install: the folder to install into ($(PREFIX)); DESTDIR is put before it"

# The compiler writes a list of the headers that an object was made from next to it.
-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
