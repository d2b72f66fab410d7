# libglovebox.so, its header and glovebox.pc (docs/library.md); included by the Makefile.
#
# The library is made of the objects that the programs are made of, so nothing is compiled twice.
# Those of the rooms below are therefore compiled as a shared library needs it. In place of
# gv_malloc.o, which takes over the process's malloc, it has gv_malloc_none.o.

ABI         := 0
SO_NAME     := libglovebox.so.$(ABI)
SO_FILE     := $(SO_NAME).$(VERSION)
SO_PARTS    := $(foreach room,base config text vocab subword vectors store document,lib/$(room)/%) \
               lib/kernel/gv_glove.c bindings/c/%
SO_NOT      := lib/base/gv_malloc lib/base/gv_host lib/base/gv_progress lib/base/gv_progress_draw
SO_SRCS     := $(filter-out $(SO_NOT:%=%.c),$(filter $(SO_PARTS),$(LIB_SRCS))) lib/base/gv_malloc_none.c
SO_OBJS     := $(SO_SRCS:%.c=$(BUILD)/%.o)
SO_DIR      := $(if $(filter release,$(FLAVOUR)),build/lib,$(BUILD)/lib)
INCLUDE_DIR := $(if $(filter release,$(FLAVOUR)),build/include,$(BUILD)/include)
SO_LINKS    := $(SO_DIR)/$(SO_NAME) $(SO_DIR)/libglovebox.so
SO_LINK      = -shared -Wl,-soname,$(SO_NAME) -Wl,--version-script,bindings/c/glovebox.map \
               -Wl,--gc-sections -Wl,-z,defs $(filter-out -pie,$(HARDENING_LINK))

# The sanitizers need programs that are built with them, so with them there is no library.
SO_BUILT    := $(if $(HARDENING),yes)
# behind -fPIE, which all objects get; what only programs use is left out by the linker
SO_CFLAGS   := $(if $(SO_BUILT),-fPIC -fvisibility=hidden -ffunction-sections)
$(SO_OBJS): private OWN_FLAGS := $(SO_CFLAGS)
$(SO_OBJS): $(BUILD)/.so-flags
$(BUILD)/.so-flags: private STAMP := $(SO_CFLAGS)

$(SO_DIR)/$(SO_FILE): $(SO_OBJS) bindings/c/glovebox.map
	@mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) $(filter-out -fPIE,$(CFLAGS_ALL)) $(SO_LINK) $(LDFLAGS) -o $@ $(SO_OBJS) $(LDLIBS_ALL)

$(SO_DIR)/$(SO_NAME): $(SO_DIR)/$(SO_FILE)
	$(Q)ln -sf $(SO_FILE) $@
$(SO_DIR)/libglovebox.so: $(SO_DIR)/$(SO_NAME)
	$(Q)ln -sf $(SO_NAME) $@

$(INCLUDE_DIR)/glovebox.h: bindings/c/glovebox.h
	@mkdir -p $(@D)
	$(Q)cp $< $@

# pc PREFIX,LIBDIR,INCLUDEDIR: a command that prints glovebox.pc. Blanks in paths are escaped for
# pkg-config, and what sed takes as special for sed.
pc_path = $(subst |,\|,$(subst &,\&,$(subst \,\\,$(subst $(eval ) ,\ ,$(1)))))
pc      = sed -e $(call quote,s|@PREFIX@|$(call pc_path,$(1))|) -e $(call quote,s|@LIBDIR@|$(call pc_path,$(2))|) \
          -e $(call quote,s|@INCLUDEDIR@|$(call pc_path,$(3))|) -e 's|@VERSION@|$(VERSION)|' bindings/c/glovebox.pc.in

# for PKG_CONFIG_PATH=build/lib: paths from where the file is
$(SO_DIR)/glovebox.pc: bindings/c/glovebox.pc.in VERSION bindings/c/library.mk
	@mkdir -p $(@D)
	$(Q)$(call pc,$${pcfiledir}/..,$${prefix}/lib,$${prefix}/include) >$@

.PHONY: library
library: ## build libglovebox.so, glovebox.h and glovebox.pc into build/lib and build/include
ifneq ($(SO_BUILT),)
library: $(SO_DIR)/$(SO_FILE) $(SO_LINKS) $(INCLUDE_DIR)/glovebox.h $(SO_DIR)/glovebox.pc
endif

.PHONY: abi abi-check
abi-check: library
	$(Q)$(PYTHON) -B tools/check-abi.py bindings/c/glovebox.h $(SO_DIR)/libglovebox.so bindings/c/abi.txt
abi: library ## record the library's interface in bindings/c/abi.txt, when a release is made
	$(Q)$(PYTHON) -B tools/check-abi.py bindings/c/glovebox.h $(SO_DIR)/libglovebox.so bindings/c/abi.txt --write

# LIBDIR: where the library goes, if not into PREFIX/lib
LIBDIR   ?= $(PREFIX)/lib
so_place  = $(call quote,$(DESTDIR)$(LIBDIR)$(1))
# Programs find a library in one of the loader's folders only once its cache knows it.
renew_cache = PATH="$$PATH:/usr/sbin:/sbin"; if test "$$(id -u)" = 0 && \
    ldconfig -N -X -v 2>/dev/null | grep -qF $(call quote,$(LIBDIR):); then ldconfig; fi
.PHONY: install-library uninstall-library
install: install-library
install-library: library
	install -d $(call so_place,/pkgconfig) $(call place,include) $(call place,share/man/man3)
	install -m 644 $(SO_DIR)/$(SO_FILE) $(call so_place,)
	ln -sf $(SO_FILE) $(call so_place,/$(SO_NAME))
	ln -sf $(SO_NAME) $(call so_place,/libglovebox.so)
	install -m 644 bindings/c/glovebox.h $(call place,include)
	install -m 644 docs/man/glovebox.3 $(call place,share/man/man3)
	$(call pc,$(PREFIX),$(LIBDIR),$(PREFIX)/include) >$(call so_place,/pkgconfig/glovebox.pc)
	$(if $(DESTDIR),,@$(renew_cache))
uninstall: uninstall-library
uninstall-library:
	rm -f $(call so_place,/$(SO_FILE)) $(call so_place,/$(SO_NAME)) $(call so_place,/libglovebox.so) \
	    $(call so_place,/pkgconfig/glovebox.pc) $(call place,include/glovebox.h) \
	    $(call place,share/man/man3/glovebox.3)
