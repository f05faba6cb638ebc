"""Rows as InferenceX publishes them, for tests of what is made of them."""

MARKUP = "<script>alert(1)</script>&\"'"


def published_row(conc, tput, tpot, day="2026-06-11", chip="b200", model="dsr1", image="img:1"):
    """A row as InferenceX publishes them."""
    metrics = {
        "tput_per_gpu": tput, "input_tput_per_gpu": tput * 8 / 9, "output_tput_per_gpu": tput / 9,
        "mean_ttft": 0.4, "median_ttft": 0.3, "p99_ttft": 0.9,
        "mean_tpot": tpot, "median_tpot": tpot, "p99_tpot": 1.2 * tpot,
        "mean_intvty": 1 / tpot, "median_intvty": 1 / tpot, "p99_intvty": 1 / (1.2 * tpot),
        "mean_e2el": 1024 * tpot, "median_e2el": 1024 * tpot, "p99_e2el": 1300 * tpot,
    }
    return {
        "hardware": chip, "framework": "sglang", "model": model, "precision": "fp8",
        "spec_method": "none", "disagg": False, "is_multinode": False, "prefill_tp": 8,
        "prefill_ep": 1, "prefill_dp_attention": False, "prefill_num_workers": 0, "decode_tp": 8,
        "decode_ep": 1, "decode_dp_attention": False, "decode_num_workers": 0,
        "num_prefill_gpu": 8, "num_decode_gpu": 8, "isl": 8192, "osl": 1024, "conc": conc,
        "image": image, "metrics": metrics, "workers": None, "date": day,
        "run_url": f"https://example.org/runs/{chip}/{day}",
    }


def published_rows():
    rows = []
    for chip, factor in (("b200", 2.0), ("h200", 1.0)):
        for day, gain in (("2026-05-01", 0.8), ("2026-06-11", 1.0)):
            for conc, tput, tpot in ((4, 300, 0.008), (16, 900, 0.013), (64, 2000, 0.03)):
                rows.append(published_row(conc, gain * factor * tput, tpot, day, chip))
    rows.append(published_row(8, 500, 0.01, image=MARKUP))
    return rows
