package dev.driftless.schemas;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a package whose public types may be built upon: {@code docs/API.md} says what is promised of
 * them. Types of other packages are internal, also where they are public, and may change in any
 * version.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.PACKAGE)
public @interface PublicApi {}
