import type { ModulesContainer } from '@nestjs/core';

// Nest exports neither type from its entry points.

/** A module of the app. */
export type NestModule =
  ModulesContainer extends Map<string, infer Module> ? Module : never;

/** A provider of a module. */
export type ProviderWrapper =
  NestModule['providers'] extends Map<unknown, infer Wrapper> ? Wrapper : never;
