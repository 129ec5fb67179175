"""Records metrics.json: values of scikit-learn and SciPy for MetricGoldensTest.

    pip install scikit-learn scipy
    python3 record.py > metrics.json

NaN is written as null. Logits are float32; probabilities and metrics are computed in float64.
"""

import json
import math
import warnings

import numpy as np
import scipy
import sklearn
from scipy.special import softmax
from scipy.stats import pearsonr, spearmanr
from sklearn import metrics as m

warnings.simplefilter("ignore")
IGNORED = -100


def calibration_error(p, labels, bins):
    """Expected calibration error (Guo et al. 2017, equation 3)."""
    confidence, hit = p.max(1), p.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    return sum(
        abs(hit[bin_of == b].mean() - confidence[bin_of == b].mean()) * np.mean(bin_of == b)
        for b in range(bins)
        if (bin_of == b).any()
    )


def one_vs_rest(metric, p, labels, classes):
    """Values of the classes that have positive and negative examples, NaN for the others."""
    return [
        metric(labels == c, p[:, c]) if 0 < np.sum(labels == c) < len(labels) else math.nan
        for c in range(classes)
    ]


def classification(logits, labels):
    written = np.round(np.array(logits), 3)
    logits = written.astype(np.float32)
    labels = np.array(labels)
    classes = logits.shape[1]
    scores, y = logits[labels != IGNORED].astype(np.float64), labels[labels != IGNORED]
    expected = {}
    if len(y):
        predicted, p = scores.argmax(1), softmax(scores, axis=1)
        one_hot = np.eye(classes)[y]
        known = list(range(classes))
        expected["accuracy"] = m.accuracy_score(y, predicted)
        expected["balancedAccuracy"] = m.balanced_accuracy_score(y, predicted)
        expected["mcc"] = m.matthews_corrcoef(y, predicted)
        expected["cohenKappa"] = m.cohen_kappa_score(y, predicted)
        expected["confusion"] = m.confusion_matrix(y, predicted, labels=known).tolist()
        of = {
            "precision": m.precision_score,
            "recall": m.recall_score,
            "f1": m.f1_score,
            "f2": lambda *a, **k: m.fbeta_score(*a, beta=2, **k),
            "f0_5": lambda *a, **k: m.fbeta_score(*a, beta=0.5, **k),
        }
        for name, score in of.items():
            for average, suffix in ("macro", ""), ("micro", "Micro"), ("weighted", "Weighted"):
                expected[name + suffix] = score(y, predicted, average=average)
            for c in known:
                occurs = np.any(y == c) or np.any(predicted == c)
                value = score(y, predicted, labels=[c], average=None)[0] if occurs else math.nan
                expected[f"{name}.{c}"] = value
        expected["logLoss"] = m.log_loss(y, p, labels=known)
        expected["brier"] = np.mean(np.sum((p - one_hot) ** 2, 1)) / (2 if classes == 2 else 1)
        if classes == 2:
            assert np.isclose(expected["brier"], m.brier_score_loss(y, p[:, 1], pos_label=1))
        expected["calibrationError"] = calibration_error(p, y, 15)
        if classes > 2:
            expected["top2Accuracy"] = m.top_k_accuracy_score(y, scores, k=2, labels=known)
        for name, metric in ("rocAuc", m.roc_auc_score), ("averagePrecision", m.average_precision_score):
            each = one_vs_rest(metric, p, y, classes)
            expected[name] = each[1] if classes == 2 else np.nanmean(each)
            if classes > 2:
                expected.update({f"{name}.{c}": each[c] for c in known})
    return {"logits": written.tolist(), "labels": labels.tolist(), "expected": expected}


def correlation(of, a, b):
    return float(of(a, b)[0]) if len(a) > 1 else math.nan


def regression(outputs, labels):
    outputs, labels = np.round(np.array(outputs), 3), np.round(np.array(labels), 3)
    a, b = (each.astype(np.float32).astype(np.float64) for each in (outputs, labels))
    columns = [(a, b)] if a.ndim == 1 else list(zip(a.T, b.T))
    expected = {
        "mae": m.mean_absolute_error(b, a),
        "mse": m.mean_squared_error(b, a),
        "rmse": m.root_mean_squared_error(b, a),
        "mape": m.mean_absolute_percentage_error(b, a),
        "r2": m.r2_score(b, a) if len(a) > 1 else math.nan,
        "pearson": np.mean([correlation(pearsonr, x, y) for x, y in columns]),
        "spearman": np.mean([correlation(spearmanr, x, y) for x, y in columns]),
    }
    return {"outputs": outputs.tolist(), "labels": labels.tolist(), "expected": expected}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value)
    return value.item() if isinstance(value, np.generic) else value


def main():
    rng = np.random.default_rng(17)
    four = rng.normal(size=(60, 4)) * 2
    y4 = np.where(rng.random(60) < 0.5, four.argmax(1), rng.integers(0, 4, 60))
    two = rng.normal(size=(50, 2))
    y2 = np.where(rng.random(50) < 0.4, two.argmax(1), rng.integers(0, 2, 50))
    absent = four.copy()
    absent[:, 3] = -9
    ties = np.round(rng.normal(size=(60, 2)))
    ignored = np.where(rng.random(60) < 0.3, IGNORED, y4)
    x = rng.normal(size=40)
    noisy = x + 0.5 * rng.normal(size=40)
    pairs = rng.normal(size=(30, 3))
    cases = {
        "four classes": classification(four, y4),
        "two classes": classification(two, y2),
        "a class is neither a label nor predicted": classification(absent, np.minimum(y4, 2)),
        "a class is no label": classification(four, np.minimum(y4, 2)),
        "constant prediction": classification(np.tile([0.1, 0.7, 0.2], (20, 1)), y4[:20] % 3),
        "all labels of one class": classification(two, np.ones(50, dtype=int)),
        "all labels and predictions of one class": classification([[0, 1]] * 4, [1] * 4),
        "ties": classification(ties, y4 % 2),
        "one example": classification([[0.5, 0.1, 0.2]], [1]),
        "ignored labels": classification(four, ignored),
    }
    numbers = {
        "one target": regression(noisy, x),
        "three targets": regression(pairs + rng.normal(size=(30, 3)), pairs * [1, 10, 100]),
        "ties in numbers": regression(np.round(noisy), np.round(x)),
        "constant labels": regression(noisy, np.full(40, 2.5)),
        "constant labels, all correct": regression(np.full(5, 2.5), np.full(5, 2.5)),
        "constant outputs": regression(np.full(40, 0.25), x),
        "large offset": regression(1e6 + noisy, 1e6 + x),
        "zero labels": regression(noisy, np.where(np.arange(40) < 3, 0, x)),
        "one pair": regression([1.5], [1.0]),
        "two pairs": regression([1.5, 2.0], [1.0, 4.0]),
    }
    versions = {"sklearn": sklearn.__version__, "scipy": scipy.__version__}
    print(json.dumps(plain({"versions": versions, "classification": cases, "regression": numbers})))


main()
