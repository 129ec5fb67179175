"use strict";
// Shows the index of the models and the metrics of this server, which it reads every two seconds.
const PERIOD = 2000;
const element = id => document.getElementById(id);
let earlier = null;

function headers(more) {
  const token = sessionStorage.getItem("token");
  return { ...more, ...(token ? { authorization: "Bearer " + token } : {}) };
}

async function get(path, options = {}) {
  const response = await fetch(path, { ...options, headers: headers(options.headers) });
  if (response.status === 401 || response.status === 403) {
    element("access").hidden = false;
  }
  if (!response.ok) {
    const body = await response.text();
    let message = body;
    try {
      message = JSON.parse(body).error;
    } catch (e) {
      // The body is the message.
    }
    throw new Error(message || response.statusText);
  }
  return response;
}

// The samples of the text format of Prometheus: name, labels and value.
function samples(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const match = line.match(/^(\w+)(?:\{(.*)\})? (\S+)$/);
    if (match) {
      const labels = {};
      for (const [, name, value] of (match[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name] = value;
      }
      found.push({ name: match[1], labels, value: Number(match[3]) });
    }
  }
  return found;
}

function sum(all, name, labels = {}) {
  return all
    .filter(it => it.name === name && Object.entries(labels).every(([k, v]) => it.labels[k] === v))
    .reduce((total, it) => total + it.value, 0);
}

function row(table, cells, words = []) {
  const line = table.insertRow();
  cells.forEach((text, i) => {
    const cell = line.insertCell();
    cell.textContent = text;
    cell.classList.toggle("words", words.includes(i));
  });
  return line;
}

const number = value => (Number.isFinite(value) ? value.toLocaleString("en", { maximumSignificantDigits: 3 }) : "–");
const milliseconds = seconds => (Number.isFinite(seconds) ? number(seconds * 1000) + " ms" : "–");

function showModels(index, now) {
  const table = element("models");
  table.replaceChildren();
  for (const model of index) {
    const loaded = model.state === "READY";
    const waiting = sum(now, "counterpoint_queue_size", { model: model.name, version: model.version });
    const line = row(
      table,
      [model.name, model.version, (model.aliases || []).join(", "), model.reason || model.state.toLowerCase(), loaded ? waiting : ""],
      [2, 3]);
    line.cells[3].classList.toggle("wrong", model.reason !== "");
  }
  const choice = element("model");
  const names = index.filter(it => it.state === "READY").map(it => it.name + "/" + it.version);
  if (names.join() !== [...choice.options].map(it => it.value).join()) {
    choice.replaceChildren(...names.map(name => new Option(name)));
  }
}

function showLoad(now) {
  const table = element("load");
  table.replaceChildren();
  const before = earlier || { time: now.time, samples: [] };
  const seconds = (now.time - before.time) / 1000;
  element("period").textContent = earlier ? `Over the last ${number(seconds)} s` : "Since the start";
  const names = new Set(now.samples.filter(it => it.name === "counterpoint_batch_size_count").map(it => it.labels.model));
  for (const model of [...names].sort()) {
    const growth = name => sum(now.samples, name, { model }) - sum(before.samples, name, { model });
    const inputs = growth("counterpoint_batch_size_sum");
    row(table, [
      model,
      number(inputs / seconds),
      number(inputs / growth("counterpoint_batch_size_count")),
      milliseconds(growth("counterpoint_queue_time_seconds_sum") / growth("counterpoint_queue_time_seconds_count")),
      milliseconds(growth("counterpoint_compute_time_seconds_sum") / growth("counterpoint_compute_time_seconds_count")),
      number(sum(now.samples, "counterpoint_compute_failures_total", { model })),
    ]);
  }
}

function showRequests(now) {
  const table = element("requests");
  table.replaceChildren();
  const name = "counterpoint_http_requests_seconds";
  const codes = new Set(now.filter(it => it.name === name + "_count").map(it => it.labels.code));
  for (const code of [...codes].sort()) {
    const count = sum(now, name + "_count", { code });
    const buckets = now.filter(it => it.name === name + "_bucket" && it.labels.code === code);
    const quantile = share => {
      const bucket = buckets.find(it => it.value >= share * count);
      return bucket && bucket.labels.le !== "+Inf" ? milliseconds(Number(bucket.labels.le)) : "–";
    };
    row(table, [code, count.toLocaleString("en"), quantile(0.5), quantile(0.99)]);
  }
}

async function refresh() {
  try {
    const index = await (await get("v2/repository/index")).json();
    const now = { time: Date.now(), samples: samples(await (await get("metrics")).text()) };
    showModels(index, now.samples);
    showLoad(now);
    showRequests(now.samples);
    earlier = now;
    element("access").hidden = true;
    element("state").textContent = `${index.filter(it => it.state === "READY").length} of ${index.length} versions loaded`;
    element("state").classList.remove("wrong");
  } catch (e) {
    element("state").textContent = e.message;
    element("state").classList.add("wrong");
  }
  setTimeout(refresh, PERIOD);
}

element("access").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem("token", element("token").value);
  element("token").value = "";
});

element("try").addEventListener("submit", async event => {
  event.preventDefault();
  const answer = element("answer");
  answer.classList.remove("wrong");
  try {
    const response = await get("predict/" + encodeURIComponent(element("model").value), {
      method: "POST", headers: { "content-type": "application/json" }, body: element("input").value });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (e) {
    answer.classList.add("wrong");
    answer.textContent = e.message;
  }
});

refresh();
