"""What several test files share: data, run files, jobs, pages, servers and browsers."""
