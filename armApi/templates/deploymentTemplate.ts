import { z } from 'zod';
import { ArmError } from '../http/armError';
import { isObject } from '../../domain/isObject';
import type { JsonObject } from '../http/json';
import { parseExpression, type Expression } from './templateExpression';

/** A resource of a template, with nothing left to evaluate. */
export interface TemplateResource {
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  /** What a PUT of the resource would send. */
  readonly body: JsonObject;
}

export interface EvaluatedTemplate {
  readonly resources: readonly TemplateResource[];
  /** Without those that are secure. */
  readonly outputs: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;
}

export interface DeploymentScope {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

const Parameter = z.looseObject({ type: z.string(), defaultValue: z.unknown().optional() });
const Resource = z.looseObject({ type: z.string(), name: z.string(), apiVersion: z.string() });

/** The `properties` of a deployment. */
export const DeploymentProperties = z.looseObject({
  mode: z.string(),
  template: z.looseObject({
    parameters: z.record(z.string(), Parameter).nullish(),
    variables: z.record(z.string(), z.unknown()).nullish(),
    resources: z.array(Resource),
    outputs: z.record(z.string(), z.looseObject({ type: z.string(), value: z.unknown() })).nullish(),
  }),
  parameters: z.record(z.string(), z.looseObject({ value: z.unknown().optional() })).nullish(),
});
export type DeploymentProperties = z.infer<typeof DeploymentProperties>;

/** Templates can double what they say in every line: as large as it may become, in characters of JSON. */
const SIZE_MAX = 4_000_000;
const DEPTH_MAX = 200;

/** What only the template has to do with; the rest is the resource's. */
const OF_THE_TEMPLATE = ['type', 'name', 'apiVersion', 'dependsOn', 'condition', 'comments', 'resources'];
/** What would make other resources of it than it says. */
const NOT_SERVED = ['copy', 'scope', 'resourceGroup', 'subscriptionId', 'existing'];

/** The resources and outputs of a template. Pure. Throws 400 InvalidTemplate, which names what it does not understand. */
export function evaluateTemplate(sent: DeploymentProperties, scope: DeploymentScope): EvaluatedTemplate {
  const evaluation = new Evaluation(sent, scope);
  for (const resource of sent.template.resources) evaluation.add(resource);
  const outputs = Object.entries(sent.template.outputs ?? {})
    .filter(([, { type }]) => !type.toLowerCase().startsWith('secure'))
    .map(([name, { type, value }]) => [name, { type, value: evaluation.valueOf(value) }] as const);
  return { resources: evaluation.resources, outputs: Object.fromEntries(outputs) };
}

export function invalidTemplate(why: string): ArmError {
  return new ArmError(400, 'InvalidTemplate', `Deployment template validation failed: '${why}'.`);
}

/** The ARM id of a resource whose type has one name for each part after its namespace. */
export function idOf({ subscriptionId, resourceGroup }: DeploymentScope, type: string, name: string): string {
  const [namespace = '', ...types] = type.split('/');
  const names = name.split('/');
  if (types.length !== names.length || [namespace, ...types, ...names].includes(''))
    throw invalidTemplate(
      `The template resource '${name}' of type '${type}' has incorrect segment lengths: a resource has one name for each part of its type`,
    );
  const path = types.map((part, index) => `${part}/${names[index] ?? ''}`).join('/');
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${namespace}/${path}`;
}

class Evaluation {
  readonly resources: TemplateResource[] = [];
  #size = 0;
  #depth = 0;
  #expression = '';

  readonly #sent: DeploymentProperties;
  readonly #scope: DeploymentScope;

  constructor(sent: DeploymentProperties, scope: DeploymentScope) {
    this.#sent = sent;
    this.#scope = scope;

    const declared = Object.keys(sent.template.parameters ?? {}).map((name) => name.toLowerCase());
    for (const name of Object.keys(sent.parameters ?? {}))
      if (!declared.includes(name.toLowerCase()))
        throw invalidTemplate(`The template parameter '${name}' is not declared by the template`);
  }

  add(resource: JsonObject): void {
    const other = NOT_SERVED.find((member) => resource[member] !== undefined && resource[member] !== null);
    if (other !== undefined)
      throw invalidTemplate(`'${other}' of a resource is not served by the simulated Azure`);
    const nested = resource['resources'];
    if (nested !== undefined && nested !== null && !(Array.isArray(nested) && nested.length === 0))
      throw invalidTemplate(`'resources' of a resource is not served by the simulated Azure`);
    if (this.valueOf(resource['condition']) === false) return;
    const [type, name, apiVersion] = ['type', 'name', 'apiVersion'].map((member) =>
      this.#textOf(resource[member], member),
    ) as [string, string, string];
    const own = Object.entries(resource).filter(([member]) => !OF_THE_TEMPLATE.includes(member));
    const body = Object.fromEntries(own.map(([member, value]) => [member, this.valueOf(value)]));
    this.resources.push({ type, name, apiVersion, body });
  }

  valueOf(value: unknown): unknown {
    if (typeof value === 'string') return this.#stringOf(value);
    this.#charge(8);
    if (typeof value !== 'object' || value === null) return value;
    return this.#deeper(() =>
      Array.isArray(value)
        ? value.map((item) => this.valueOf(item))
        : Object.fromEntries(
            Object.entries(value).map(([member, inner]) => {
              this.#charge(member.length);
              return [member, this.valueOf(inner)];
            }),
          ),
    );
  }

  #textOf(value: unknown, member: string): string {
    const text = this.valueOf(value);
    if (typeof text === 'string') return text;
    throw invalidTemplate(`The '${member}' of a resource is no text`);
  }

  #stringOf(text: string): unknown {
    this.#charge(text.length + 8);
    if (!text.startsWith('[') || !text.endsWith(']')) return text;
    if (text.startsWith('[[')) return text.slice(1);
    const parsed = parseExpression(text.slice(1, -1));
    const outer = this.#expression;
    this.#expression = text;
    if (parsed === null) throw this.#unable('it is not understood');
    const value = this.#deeper(() => this.#evaluate(parsed));
    this.#expression = outer;
    return value;
  }

  #evaluate(expression: Expression): unknown {
    this.#charge(8);
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'member': {
        const of = this.#evaluate(expression.of);
        const value = isObject(of) ? found(of, expression.member) : undefined;
        if (value !== undefined) return value;
        throw this.#unable(`there is no property '${expression.member}'`);
      }
      case 'call':
        return this.#call(
          expression.name,
          expression.args.map((argument) => this.#evaluate(argument)),
        );
    }
  }

  #call(name: string, args: readonly unknown[]): unknown {
    switch (name.toLowerCase()) {
      case 'parameters':
        return this.#parameter(this.#single(args, name));
      case 'variables':
        return this.#variable(this.#single(args, name));
      case 'concat':
        return this.#concat(args);
      case 'resourceid':
        return this.#resourceId(args);
      case 'reference':
        return this.#reference(args);
      default:
        throw this.#unable(
          `the function '${name}' is not served by the simulated Azure; it knows parameters, variables, resourceId, reference and concat`,
        );
    }
  }

  #single(args: readonly unknown[], name: string): string {
    const [argument] = args;
    if (args.length === 1 && typeof argument === 'string') return argument;
    throw this.#unable(`'${name}' takes one name`);
  }

  #parameter(name: string): unknown {
    const declared = found(this.#sent.template.parameters, name);
    if (declared === undefined) throw this.#unable(`the template parameter '${name}' is not found`);
    const given = found(this.#sent.parameters, name)?.value;
    if (given !== undefined) return this.#charged(given);
    if (declared.defaultValue !== undefined) return this.valueOf(declared.defaultValue);
    throw this.#unable(`the value for the template parameter '${name}' is not provided`);
  }

  #variable(name: string): unknown {
    const value = found(this.#sent.template.variables, name);
    if (value === undefined) throw this.#unable(`the template variable '${name}' is not found`);
    return this.valueOf(value);
  }

  #concat(args: readonly unknown[]): unknown {
    if (args.length > 0 && args.every((argument) => Array.isArray(argument)))
      return this.#charged(args.flat());
    if (args.length > 0 && args.every((argument) => ['string', 'number'].includes(typeof argument)))
      return this.#charged(args.join(''));
    throw this.#unable("'concat' takes texts, or arrays");
  }

  /** `[subscription, [group,]] type, name…`: the type is the first that has a slash. */
  #resourceId(args: readonly unknown[]): string {
    const texts = args.filter((argument) => typeof argument === 'string');
    const at = texts.findIndex((text) => text.includes('/'));
    if (texts.length !== args.length || at < 0 || at > 2)
      throw this.#unable("'resourceId' takes a type and its names");
    const { subscriptionId, resourceGroup } = this.#scope;
    const [group = resourceGroup, subscription = subscriptionId] = texts.slice(0, at).reverse();
    return idOf(
      { subscriptionId: subscription, resourceGroup: group },
      texts[at] ?? '',
      texts.slice(at + 1).join('/'),
    );
  }

  /** Of what the template has before: its properties as they are put, or with 'Full' all of it. */
  #reference([target, , full]: readonly unknown[]): unknown {
    const wanted = typeof target === 'string' ? target.toLowerCase() : '';
    const resource = this.resources.find(({ type, name }) =>
      [idOf(this.#scope, type, name), `${type}/${name}`, name].some((id) => id.toLowerCase() === wanted),
    );
    if (resource === undefined)
      throw this.#unable(`the resource '${wanted}' is not defined before it in the template`);
    const properties = resource.body['properties'];
    return this.#charged(
      typeof full === 'string' && full.toLowerCase() === 'full'
        ? { ...resource.body, id: idOf(this.#scope, resource.type, resource.name) }
        : isObject(properties)
          ? properties
          : {},
    );
  }

  #deeper<T>(evaluate: () => T): T {
    if (this.#depth >= DEPTH_MAX) throw this.#unable('it leads in a circle, or too deep');
    this.#depth += 1;
    const value = evaluate();
    this.#depth -= 1;
    return value;
  }

  #charged<T>(value: T): T {
    this.#charge(JSON.stringify(value).length);
    return value;
  }

  #charge(characters: number): void {
    this.#size += characters;
    if (this.#size > SIZE_MAX)
      throw invalidTemplate(`What the template says is larger than ${SIZE_MAX} characters`);
  }

  #unable(why: string): ArmError {
    return invalidTemplate(
      `Unable to evaluate the template language expression ${shortened(this.#expression)}: ${why}`,
    );
  }
}

function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}

/** Templates name without regard to case. */
function found<T>(record: Readonly<Record<string, T>> | null | undefined, name: string): T | undefined {
  return Object.entries(record ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
