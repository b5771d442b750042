// Cases as lines of JSON in, decisions as lines out: one process for all of them.
// The core of the engine is asked, since its front refuses context keys that an action does not list.
const path = require("path");
const root = path.join(path.resolve(process.argv[2]), "node_modules/@cloud-copilot");
const at = (file) => require(path.join(root, "iam-simulate/dist/cjs", file));
const { loadPolicy } = require(path.join(root, "iam-policy/dist/cjs/index.js"));
const { authorize } = at("core_engine/CoreSimulatorEngine.js");
const { AwsRequestImpl } = at("request/request.js");
const { RequestContextImpl } = at("requestContext.js");
const { DiscoveryContextKeyConstraints } = at("context_keys/discoveryContextKeyConstraints.js");

const named = (policies) => policies.map((policy, index) => loadPolicy(policy, { name: String(index) }));
const levels = (list) =>
  list.map((policies, index) => ({ orgIdentifier: String(index), policies: named(policies) }));

function decide(one) {
  const context = new RequestContextImpl(one.context);
  const resource = { resource: one.resource, accountId: one.resourceAccount };
  return authorize({
    request: new AwsRequestImpl(one.principal, resource, one.action, context),
    sessionPolicy: one.session ? named([one.session])[0] : undefined,
    identityPolicies: named(one.identity),
    serviceControlPolicies: levels(one.serviceControl),
    resourceControlPolicies: levels(one.resourceControl),
    resourcePolicy: one.resourcePolicy ? named([one.resourcePolicy])[0] : undefined,
    permissionBoundaries: one.boundary ? named([one.boundary]) : undefined,
    vpcEndpointPolicies: one.endpoint ? named([one.endpoint]) : undefined,
    simulationParameters: {
      simulationMode: "Strict",
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
    },
  }).result;
}

const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of lines) {
  let decision;
  try {
    decision = decide(JSON.parse(line));
  } catch (error) {
    decision = `error: ${error.message}`;
  }
  process.stdout.write(`${decision}\n`);
}
