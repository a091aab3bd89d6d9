# Benchmarks are commands, never timed tests: each prints absolute figures and ratios to a floor of the same run.
PYTHON = .venv/bin/python

.PHONY: demo test bench bench-ledger bench-messages bench-day bench-day-million bench-exchange bench-exchange-all \
	bench-rates bench-interest bench-setoff bench-duty bench-declarations bench-customs bench-clearing-vectors bench-gridlock bench-tariff-quota \
	errors schemas lock

demo:
	./demo
test:
	./test
bench: bench-ledger bench-messages bench-day bench-exchange
bench-ledger:
	$(PYTHON) benchmarks/bench_ledger.py
bench-messages:
	$(PYTHON) benchmarks/bench_messages.py
bench-day:
	$(PYTHON) benchmarks/bench_day.py --linear
bench-day-million:
	$(PYTHON) benchmarks/bench_day.py --payments 1000000
bench-rates:
	$(PYTHON) benchmarks/bench_rates.py
bench-interest:
	$(PYTHON) benchmarks/bench_interest.py
bench-clearing-vectors:
	$(PYTHON) benchmarks/bench_clearing_vectors.py
bench-gridlock:
	$(PYTHON) benchmarks/bench_gridlock.py --day
bench-exchange:
	$(PYTHON) benchmarks/bench_exchange.py --program
bench-setoff:
	$(PYTHON) benchmarks/bench_setoff.py
bench-declarations:
	$(PYTHON) benchmarks/bench_declarations.py
bench-customs:
	$(PYTHON) benchmarks/bench_customs.py
bench-duty:
	$(PYTHON) benchmarks/bench_duty.py
bench-tariff-quota:
	$(PYTHON) benchmarks/bench_tariff_quota.py
bench-exchange-all:
	$(PYTHON) benchmarks/bench_exchange.py --program --certify
errors:
	$(PYTHON) tools/error_page.py
schemas:
	$(PYTHON) tools/generate_schemas.py
lock:
	requirements/lock
