// What the client's declared types say of an answer: the client itself believes whatever arrives.

import { fileURLToPath } from "node:url";
import ts from "typescript";

const client = fileURLToPath(import.meta.resolve("orb-billing/client")).replace(/\.mjs$/, ".d.mts");
const program = ts.createProgram([client], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  skipLibCheck: true,
  types: [],
});
const checker = program.getTypeChecker();
const Flags = ts.TypeFlags;

/** The type of what a method of the client resolves to, such as `customers.credits.list`. */
export function answerOf(method) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(client));
  const orb = checker.getExportsOfModule(module).find((each) => each.name === "Orb");
  let type = checker.getDeclaredTypeOfSymbol(orb);
  for (const name of method.split(".")) type = checker.getTypeOfSymbol(type.getProperty(name));
  return checker.getAwaitedType(type.getCallSignatures()[0].getReturnType());
}

/** What is wrong with a value of a type: `errors`, and the `extras` that the type does not know of. */
export function check(type, value, path) {
  if (type.flags & (Flags.Any | Flags.Unknown)) return { errors: [], extras: [] };
  if (type.isUnion()) return checkUnion(type, value, path);
  if (type.flags & (Flags.Object | Flags.Intersection)) return checkObject(type, value, path);
  return isPrimitive(type, value) ? { errors: [], extras: [] } : wrong(type, value, path);
}

/** A union is kept by its best member: the fewest errors, then the fewest extras. */
function checkUnion(type, value, path) {
  const found = type.types.filter((member) => mayBe(member, value)).map((member) => check(member, value, path));
  if (found.length === 0) return wrong(type, value, path);
  found.sort((a, b) => a.errors.length - b.errors.length || a.extras.length - b.extras.length);
  return found[0];
}

/** Whether a member can be meant: the literals of an object, such as its `model_type`, are those of the value. */
function mayBe(member, value) {
  if (member.flags & (Flags.Null | Flags.Undefined)) return isPrimitive(member, value);
  if (!(member.flags & Flags.Object) || !isRecord(value)) return true;
  return checker.getPropertiesOfType(member).every((property) => {
    const declared = typeOf(property);
    return !isLiteral(declared) || !(property.name in value) || isPrimitive(declared, value[property.name]);
  });
}

function checkObject(type, value, path) {
  if (checker.isArrayType(type)) return checkArray(checker.getTypeArguments(type)[0], value, path);
  if (!isRecord(value)) return wrong(type, value, path);
  const properties = checker.getPropertiesOfType(type).filter(isData);
  const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
  const known = new Set(properties.map((property) => property.name));
  const results = properties.map((property) => checkProperty(property, value, path));
  for (const name of Object.keys(value).filter((name) => !known.has(name))) {
    results.push(index ? check(index, value[name], `${path}.*`) : { errors: [], extras: [`${path}.${name}`] });
  }
  return merged(results);
}

function checkProperty(property, value, path) {
  const where = `${path}.${property.name}`;
  if (property.name in value) return check(typeOf(property), value[property.name], where);
  return { errors: property.flags & ts.SymbolFlags.Optional ? [] : [`${where}: is missing`], extras: [] };
}

function checkArray(item, value, path) {
  if (!Array.isArray(value)) return { errors: [`${path}: is no array`], extras: [] };
  return merged(value.map((each) => check(item, each, `${path}[]`)));
}

function isPrimitive(type, value) {
  if (type.flags & Flags.Null) return value === null;
  if (type.flags & Flags.Undefined) return value === undefined;
  if (type.flags & Flags.StringLiteral || type.flags & Flags.NumberLiteral) return value === type.value;
  if (type.flags & Flags.BooleanLiteral) return value === (checker.typeToString(type) === "true");
  if (type.flags & Flags.String) return typeof value === "string";
  if (type.flags & Flags.Number) return typeof value === "number";
  if (type.flags & Flags.Boolean) return typeof value === "boolean";
  throw new Error(`cannot check the type ${checker.typeToString(type)}`);
}

// A page of a list has methods and private fields beside what is on the wire.
function isData(property) {
  const hidden = ts.ModifierFlags.Protected | ts.ModifierFlags.Private;
  const isHidden = property.declarations?.some((each) => ts.getCombinedModifierFlags(each) & hidden);
  const isSharp = property.valueDeclaration?.name && ts.isPrivateIdentifier(property.valueDeclaration.name);
  return !isHidden && !isSharp && typeOf(property).getCallSignatures().length === 0;
}

const typeOf = (property) => checker.getTypeOfSymbol(property);
const isLiteral = (type) => Boolean(type.flags & (Flags.StringLiteral | Flags.NumberLiteral | Flags.BooleanLiteral));
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const wrong = (type, value, path) => ({
  errors: [`${path}: ${JSON.stringify(value).slice(0, 60)} is no ${checker.typeToString(type)}`],
  extras: [],
});
const merged = (results) => ({
  errors: results.flatMap((each) => each.errors),
  extras: results.flatMap((each) => each.extras),
});
