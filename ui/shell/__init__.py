"""What every page stands in: frame, navigation, choice of runs, links, words, messages, theme."""
