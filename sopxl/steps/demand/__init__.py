"""The demand step: history in, a consensus demand plan out."""
