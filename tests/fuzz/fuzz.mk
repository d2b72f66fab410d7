# Fuzz targets, and the test programs that try their inputs in a normal build; part of the Makefile.

# those that `make fuzz` runs: T=counts: with that in their names; and the control
FUZZ_CHOSEN = control $(filter-out control,$(if $(T),$(foreach n,$(FUZZ_NAMES),$(if $(findstring $(T),$(n)),$(n))),$(FUZZ_NAMES)))

# What targets consist of beside their own file. FUZZ_FLAT: their files carry checksums.
FUZZ_FLAT := checkpoint counts embed ids store subwords tables
FUZZ_DIR  := $(BUILD)/tests/fuzz
$(FUZZ_FLAT:%=$(FUZZ_DIR)/fuzz_%) $(FUZZ_DIR)/test_inputs_flat: $(FUZZ_DIR)/flat_hash.o
$(addprefix $(FUZZ_DIR)/,fuzz_query fuzz_ranks fuzz_store fuzz_tables test_inputs test_inputs_flat): $(FUZZ_DIR)/small_store.o
$(addprefix $(FUZZ_DIR)/,fuzz_ranks test_inputs): $(FUZZ_DIR)/ranks_net.o
$(addprefix $(FUZZ_DIR)/,fuzz_ranks fuzz_run test_inputs): $(FUZZ_DIR)/fake_clock.o
$(addprefix $(FUZZ_DIR)/,fuzz_ranks fuzz_run test_inputs): private TEST_LIBS := -Wl,--wrap=gv_clock_wall_seconds,--wrap=nanosleep
$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS_ALL) $(TEST_LIBS)

ifeq ($(FLAVOUR),fuzz)
$(BUILD)/lib/base/gv_mem.o: private CPPFLAGS += -include tests/fuzz/limit_mem.h
$(FUZZ_DIR)/fuzz_control.o: private CPPFLAGS += -DGV_FUZZ_CONTROL
else
# all targets in two programs: their functions get names of their own
$(FUZZ_DIR)/fuzz_%.o: private CPPFLAGS += -DLLVMFuzzerTestOneInput=$(*F)_input \
    -DLLVMFuzzerInitialize=$(*F)_start -DLLVMFuzzerCustomMutator=$(*F)_mutate
endif

# the inputs in tests/fuzz/corpus
INPUTS_flat  := $(filter $(FUZZ_FLAT),$(FUZZ_NAMES))
INPUTS_plain := $(filter-out control $(FUZZ_FLAT),$(FUZZ_NAMES))
INPUT_TESTS  := $(FUZZ_DIR)/test_inputs $(FUZZ_DIR)/test_inputs_flat
$(FUZZ_DIR)/test_inputs.o: private CPPFLAGS += -DTARGETS='$(foreach n,$(INPUTS_plain),TARGET($(n)))'
$(FUZZ_DIR)/test_inputs_flat.o: private CPPFLAGS += -DTARGETS='$(foreach n,$(INPUTS_flat),TARGET($(n)))'
$(INPUT_TESTS:=.o): $(wildcard tests/fuzz/fuzz_*.c)
$(FUZZ_DIR)/test_inputs: $(INPUTS_plain:%=$(FUZZ_DIR)/fuzz_%.o)
$(FUZZ_DIR)/test_inputs_flat: $(INPUTS_flat:%=$(FUZZ_DIR)/fuzz_%.o)
$(INPUT_TESTS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(SUPPORT) $(LIBRARY)
	$(call say,LD $@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(LDLIBS_ALL) $(TEST_LIBS) -lcriterion
