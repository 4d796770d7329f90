/** One thing that is wrong, as ARM writes it. */
export interface ArmErrorBody {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
  readonly details?: readonly ArmErrorBody[];
}

/** An answer that is an error: thrown by a handler, answered as `{"error":{…}}` with its status. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly target?: string,
    /** Seconds after which asking again may help. */
    readonly retryAfterSeconds?: number,
    readonly details?: readonly ArmErrorBody[],
  ) {
    super(message);
  }

  get body(): ArmErrorBody {
    const { code, message, target, details } = this;
    const body: { -readonly [M in keyof ArmErrorBody]: ArmErrorBody[M] } = { code, message };
    if (target !== undefined) body.target = target;
    if (details !== undefined) body.details = details;
    return body;
  }
}

export function invalidParameter(message: string, target?: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message, target);
}

/** `type` is `Microsoft.Compute/virtualMachines`, or `…/virtualMachines/extensions` with names joined alike. */
export function resourceNotFound(type: string, name: string, resourceGroup: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${resourceGroup}' was not found.`,
  );
}

export function resourceGroupNotFound(resourceGroup: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroup}' could not be found.`);
}

export function operationNotAllowed(message: string, target?: string): ArmError {
  return new ArmError(409, 'OperationNotAllowed', message, target);
}

export function propertyChangeNotAllowed(property: string, how = ''): ArmError {
  return new ArmError(
    409,
    'PropertyChangeNotAllowed',
    `Changing property '${property}'${how} is not allowed.`,
    property,
  );
}

export function unknownMember(member: string, type: string, path: string): ArmError {
  return new ArmError(
    400,
    'BadRequest',
    `Could not find member '${member}' on object of type '${type}'. Path '${path}.${member}'.`,
    `${path.replace('properties.osProfile.', '')}.${member}`,
  );
}

export function valueNotAllowed(written: unknown, target: string, allowed: readonly string[]): ArmError {
  const shown = typeof written === 'string' ? written.slice(0, 60) : JSON.stringify(written).slice(0, 60);
  return invalidParameter(
    `The value '${shown}' of parameter '${target}' is not allowed. Allowed values are ${allowed.join(', ')}.`,
    target,
  );
}
