import type { ApiRoute } from './api.js';

export interface RouteMatch {
  readonly route: ApiRoute;
  readonly params: Readonly<Record<string, string>>;
}

interface Node {
  readonly children: Map<string, Node>;
  param?: { readonly name: string; readonly node: Node };
  /** Takes what is left of the path. */
  rest?: { readonly name: string; readonly node: Node };
  readonly byVerb: Map<string, ApiRoute>;
}

/** Finds a route by verb and path in one walk, however many there are. */
export class Router {
  private readonly root = newNode();

  constructor(routes: readonly ApiRoute[]) {
    for (const route of routes) this.add(route);
  }

  /**
   * The route for an escaped, cleaned path.
   * @throws URIError when a parameter can't be unescaped
   */
  find(verb: string, path: string): RouteMatch | undefined {
    const params: Record<string, string> = {};
    const segments = path.slice(1).split('/');
    const route = walk(this.root, verb, segments, 0, params);
    return route && { route, params };
  }

  private add(route: ApiRoute): void {
    let node = this.root;
    for (const segment of route.path.slice(1).split('/')) {
      const name = segment.slice(1);
      if (segment.startsWith(':'))
        node = (node.param ??= { name, node: newNode() }).node;
      else if (segment.startsWith('*'))
        node = (node.rest ??= { name, node: newNode() }).node;
      else node = childOf(node, segment);
    }
    for (const verb of route.verbs) node.byVerb.set(verb, route);
  }
}

/** Fixed segments go before parameters, parameters before the rest; where one has not the verb, the next is tried. */
function walk(
  node: Node,
  verb: string,
  segments: readonly string[],
  at: number,
  params: Record<string, string>,
): ApiRoute | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.byVerb.get(verb);
  const child = node.children.get(segment);
  const found = child && walk(child, verb, segments, at + 1, params);
  if (found || segment === '') return found;
  const { param, rest } = node;
  const route = param && walk(param.node, verb, segments, at + 1, params);
  if (route) {
    params[param.name] = unescape(segment);
    return route;
  }
  const last = rest?.node.byVerb.get(verb);
  if (rest && last) params[rest.name] = unescape(segments.slice(at).join('/'));
  return last;
}

/** As Go's url.QueryUnescape, which daprd uses for paths too: a `+` is a space. */
function unescape(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function childOf(node: Node, segment: string): Node {
  const child = node.children.get(segment) ?? newNode();
  node.children.set(segment, child);
  return child;
}

function newNode(): Node {
  return { children: new Map(), byVerb: new Map() };
}
