/* The contract of a memory again, for the head of ntm: every two values of its options together. */
#define EG_HEAD_PAIRS
#include "tests/test_memory_contract.c"
