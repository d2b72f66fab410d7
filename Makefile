# glovebox: GloVe word vectors from a text corpus. `make help` lists the targets.

VERSION := $(shell cat VERSION)
FLAVOUR ?= release
BUILD   := build/$(FLAVOUR)
PREFIX  ?= /usr/local
CC      ?= gcc
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)

# Every dependency is a Debian 12 package; tools/install-deps.sh installs what is missing.
PKGS      := sqlite3 jansson libarchive libxxhash icu-uc icu-i18n openblas libedit
HAVE_PKGS := $(shell pkg-config --exists $(PKGS) 2>/dev/null && echo yes)
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wundef -Wwrite-strings
CPPFLAGS += -Ilib -I. -D_GNU_SOURCE -DGV_VERSION='"$(VERSION)"'
# -ffp-contract=off: gcc would otherwise fuse multiply and add on its own, and the vectors' bytes
# would depend on the compiler. Fused operations stand in the source where they are meant.
CFLAGS_ALL = -std=gnu11 -O2 -g -pthread -ffp-contract=off -fno-math-errno $(WARNINGS) $(FLAVOUR_FLAGS) \
             $(if $(WERROR),-Werror) $(PKG_CFLAGS) $(CFLAGS)
LDLIBS_ALL = -Wl,--as-needed $(PKG_LIBS) -lm -pthread $(LDLIBS)

FLAVOUR_FLAGS_release  :=
FLAVOUR_FLAGS_asan     := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
FLAVOUR_FLAGS_ubsan    := -fsanitize=undefined -fno-sanitize-recover=all -O1
FLAVOUR_FLAGS_tsan     := -fsanitize=thread -O1
FLAVOUR_FLAGS_coverage := --coverage -O0
FLAVOUR_FLAGS          := $(FLAVOUR_FLAGS_$(FLAVOUR))

# One library of everything but the mains; <stage>/glove_x_main.c becomes build/bin/glove-x.
STAGES    := cooccur shuffle train eval
SOURCES   := $(wildcard lib/*/*.c $(foreach d,$(STAGES),$(d)/*.c))
MAINS     := $(filter %_main.c,$(SOURCES))
LIB_SRCS  := $(filter-out $(MAINS),$(SOURCES))
LIB_OBJS  := $(LIB_SRCS:%.c=$(BUILD)/%.o)
LIBRARY   := $(BUILD)/libglovebox.a
BIN       := $(if $(filter release,$(FLAVOUR)),build/bin,$(BUILD)/bin)
PROGRAMS  := $(foreach m,$(MAINS),$(BIN)/$(subst _,-,$(patsubst %_main.c,%,$(notdir $(m)))))
TEST_SRCS := $(wildcard tests/*/test_*.c)
TESTS     := $(TEST_SRCS:tests/%.c=$(BUILD)/tests/%)
SUPPORT   := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all deps demo run text8 test check bench install uninstall clean help asan ubsan tsan lint \
        format format-check fuzz coverage docs test-programs

# --- building ---------------------------------------------------------------------------------
all: $(if $(HAVE_PKGS),,deps) ## build all programs into build/bin
	$(Q)$(MAKE) --no-print-directory programs

.PHONY: programs
programs: $(PROGRAMS)

deps: ## install missing Debian packages (uses sudo when not root)
	$(Q)sh tools/install-deps.sh

$(BUILD)/lib/math/gv_kernel_avx2.o: ISA_FLAGS := -mavx2 -mfma
$(BUILD)/lib/math/gv_kernel_avx512.o: ISA_FLAGS := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma

$(BUILD)/%.o: %.c $(BUILD)/.flags
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(ISA_FLAGS) -MMD -MP -c $< -o $@

# objects are rebuilt when compiler or flags change
.PHONY: force
$(BUILD)/.flags: force
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS_ALL)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS_ALL)' > $@

$(LIBRARY): $(LIB_OBJS)
	$(if $(Q),@echo "  AR $@")
	$(Q)rm -f $@ && $(AR) rcs $@ $^

define program_rule
$(BIN)/$(subst _,-,$(patsubst %_main.c,%,$(notdir $(1)))): $(1:%.c=$(BUILD)/%.o) $(LIBRARY)
	@mkdir -p $$(@D)
	$(if $(Q),@echo "  LD $$@")
	$(Q)$$(CC) $$(CFLAGS_ALL) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS_ALL)
endef
$(foreach m,$(MAINS),$(eval $(call program_rule,$(m))))

# --- tests: every tests/<kind>/test_*.c is a Criterion program of its own ---------------------------
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(SUPPORT) $(LIBRARY)
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS_ALL) -lcriterion

$(BUILD)/tests/%.o: CPPFLAGS += -DGV_BIN='"$(BIN)"' -DGV_SOURCE='"$(CURDIR)"' -Itests

test-programs: $(TESTS) $(PROGRAMS)
.PRECIOUS: $(BUILD)/%.o

clean: ## remove everything that was built
	rm -rf build

-include $(LIB_OBJS:.o=.d) $(MAINS:%.c=$(BUILD)/%.d) $(TEST_SRCS:%.c=$(BUILD)/%.d)
