// Numbers and times as people read them. Times are UTC, as AWS writes them.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const fine = new Intl.NumberFormat("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 });

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const count = (number) => whole.format(number);

/** Cents are enough, except for what costs less than one. */
export const dollars = (number) => `$${(number !== 0 && Math.abs(number) < 0.1 ? fine : cents).format(number)}`;

export const time = (text) => new Date(text).getTime();

/** `2026-11-28 23:12:31` */
export const moment = (at) => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** The same without the day where it is today's. */
export function brief(at, today) {
  const text = moment(at);
  return text.slice(0, 10) === moment(today).slice(0, 10) ? text.slice(11) : text;
}

const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600,
  2592000, 7776000, 31536000,
].map((seconds) => seconds * SECOND);

/** Round instants from `from` to `until`, at most `most`, each with its label. */
export function ticks(from, until, most) {
  const step = STEPS.find((length) => (until - from) / length <= most) ?? STEPS.at(-1);
  const labels = [];
  let day = "";
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    const [date, hour] = moment(at).split(" ");
    const text = step >= DAY ? date : step >= MINUTE ? hour.slice(0, 5) : hour;
    labels.push({ at, text: day !== date && step < DAY && labels.length > 0 ? date.slice(5) : text });
    day = date;
  }
  return labels;
}

/** What an ARN is of: `i-0123`, or `web` for a group. */
export function resource(arn) {
  const named = arn.includes("autoScalingGroupName/") ? arn.split("autoScalingGroupName/")[1] : arn;
  return named.split(/[/:]/).at(-1);
}

const SOURCES = {
  "aws.ec2": "EC2",
  "aws.autoscaling": "Auto Scaling",
  "aws.cloudwatch": "CloudWatch",
  "aws.fis": "FIS",
};

export const source = (name) => SOURCES[name] ?? name;

/** What an event says beyond its type, in a few words. */
export function summary({ "detail-type": type, detail }) {
  if (detail.state && detail["instance-id"]) return detail.state;
  if (detail["instance-action"]) return `to ${detail["instance-action"]} in two minutes`;
  if (detail["new-state"]) {
    const { status, reason } = detail["new-state"];
    return `${detail["old-state"]?.status ?? ""} → ${status}: ${reason ?? ""}`;
  }
  if (detail.alarmName) {
    const { value, reason } = detail.state ?? {};
    return `${detail.previousState?.value ?? ""} → ${value}: ${reason ?? ""}`;
  }
  if (detail.event && detail.result) return `${detail.event}: ${detail.result}`;
  if (detail.AutoScalingGroupName) {
    const failed = type.includes("Unsuccessful") && detail.StatusMessage;
    return `${detail.AutoScalingGroupName}: ${failed || detail.Description || detail.LifecycleHookName || ""}`;
  }
  const text = JSON.stringify(detail);
  return text === "{}" ? "" : text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
